"""Holds an SVD file against every CMSIS-SVD 1.3 schema there is, then reads it as a debugger would.

Prints one JSON object: {"schemas": {name: [error, ...]}, "peripherals": {name: [base address, number of registers]}}.
"""

import json
import pathlib
import sys

import cmsis_svd
from cmsis_svd.parser import SVDParser
from lxml import etree

path = sys.argv[1]
document = etree.parse(path)
schemas = {}
for schema in sorted(pathlib.Path(cmsis_svd.__file__).parent.glob("schemas/CMSIS-SVD_1_3_*.xsd")):
    validator = etree.XMLSchema(etree.parse(schema))
    validator.validate(document)
    schemas[schema.stem] = [str(error) for error in validator.error_log]
device = SVDParser.for_xml_file(path).get_device()
peripherals = {p.name: [p.base_address, len(p.registers)] for p in device.peripherals}
print(json.dumps({"schemas": schemas, "peripherals": peripherals}))
