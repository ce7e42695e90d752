"""The catalog: one page that explains a snapshot to somebody who has never seen the code."""
