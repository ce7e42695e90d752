"""Made-up words for posts of our own: the same words every time, and nobody else's text."""

import itertools
import random
from typing import Final

_ONSETS: Final = "b br c ch d dr f fl g gr h j k l m n p pl qu r s sh st t tr v w z"
_VOWELS: Final = "a e i o u ai ea ee ie oa oo ou"
_ENDS: Final = "ck l m n nd ng r rk s sk st t th"
_VOCABULARY: Final = 8_000
_WORDS_A_SENTENCE: Final = 14


class Writer:
    """Writes text from a seed. Frequent words are short, as in any language."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def list_words(self, count: int) -> list[str]:
        return self.random.choices(_WORDS, cum_weights=_WEIGHTS, k=count)

    def write_words(self, count: int) -> str:
        return " ".join(self.list_words(count))

    def write_title(self) -> str:
        """Four to nine words, the first one with a capital."""
        return self.write_words(self.random.randint(4, 9)).capitalize()

    def write_sentences(self, count: int) -> str:
        """About so many words, as sentences."""
        words = self.list_words(count)
        return " ".join(
            f"{' '.join(words[start : start + _WORDS_A_SENTENCE]).capitalize()}."
            for start in range(0, count, _WORDS_A_SENTENCE)
        )


def _make_words() -> list[str]:
    """The vocabulary, the shortest words first."""
    chooser = random.Random(0)
    onsets, vowels = _ONSETS.split(), _VOWELS.split()
    ends = ["", "", "", *_ENDS.split()]
    words: dict[str, None] = {}
    while len(words) < _VOCABULARY:
        syllables = chooser.choices((1, 2, 3), weights=(2, 5, 3))[0]
        word = "".join(
            chooser.choice(onsets) + chooser.choice(vowels) + chooser.choice(ends)
            for _ in range(syllables)
        )
        words[word] = None
    # YAML takes it for false.
    words.pop("no", None)
    return sorted(words, key=len)


_WORDS: Final = _make_words()
# As Zipf and Mandelbrot found it in languages: many words are rare, and none is in every line.
_WEIGHTS: Final = list(itertools.accumulate(1 / (rank + 5) for rank in range(len(_WORDS))))
