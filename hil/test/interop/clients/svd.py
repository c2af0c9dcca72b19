"""Holds an SVD file against every CMSIS-SVD 1.3 schema there is, then reads it as a debugger would.

Prints one JSON object: {"schemas": {name: [error, ...]}, "peripherals": {name: {"base", "registers": {name: {"offset", "count", "reset", "readable",
"writable", "oneToClear", "oneToSet", "fields": {name: {"mask", "values": {name: value}}}}}}}}. A field may do what its register may as well.
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


def read_register(array_or_register):
    register = getattr(array_or_register, "meta_register", array_or_register)
    told = {"offset": register.address_offset, "count": register.dim or 1, "reset": register.reset_value, "fields": {}}
    told |= {name: 0 for name in ("readable", "writable", "oneToClear", "oneToSet")}
    of_register = register.access.value
    for field in register.fields:
        mask = ((1 << field.bit_width) - 1) << field.bit_offset
        access = field.access.value
        told["readable"] |= mask if access != "write-only" and of_register != "write-only" else 0
        told["writable"] |= mask if access != "read-only" and of_register != "read-only" else 0
        if field.modified_write_values:
            told[field.modified_write_values.value] |= mask
        values = {value.name: value.value for group in field.enumerated_values or [] for value in group.enumerated_values}
        told["fields"][field.name] = {"mask": mask} | ({"values": values} if values else {})
    return register.name.removesuffix("[%s]"), told


peripherals = {p.name: {"base": p.base_address, "registers": dict(map(read_register, p.registers))} for p in device.peripherals}
print(json.dumps({"schemas": schemas, "peripherals": peripherals}))
