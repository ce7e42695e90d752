"""Check a data contract with the official JSON schema and the official model of ODCS.

Usage: python odcs.py FILE

It prints a JSON list of what is wrong.
"""

import json
import sys
from pathlib import Path

import open_data_contract_standard
import yaml
from jsonschema.validators import validator_for
from open_data_contract_standard.model import OpenDataContractStandard

SCHEMA = Path(open_data_contract_standard.__file__).with_name("schema.json")


def main(path: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    contract = yaml.safe_load(path.read_text(encoding="utf-8"))
    errors = validator_for(schema)(schema).iter_errors(contract)
    OpenDataContractStandard.from_file(str(path))
    print(json.dumps([f"{error.json_path}: {error.message}" for error in errors]))  # noqa: T201


main(Path(sys.argv[1]))
