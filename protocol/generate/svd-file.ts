// CMSIS-SVD 1.3 (schema: Arm CMSIS-SVD, svd_schema_1_3). Element order follows the schema, which is strict about it.

import { type Access, accessOf, type Field, fieldsOf, type Peripheral, type Register, sizeOf } from '../chip/svd.ts';
import { generatedNotice, hex, xml } from './text.ts';

export function svdFile(peripherals: Peripheral[]): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<!-- ${generatedNotice} -->
<device schemaVersion="1.3" xmlns:xs="http://www.w3.org/2001/XMLSchema-instance" xs:noNamespaceSchemaLocation="CMSIS-SVD.xsd">
  <name>coldrig</name>
  <version>1.0</version>
  <description>Management core of a cryo-CMOS qubit controller</description>
  <addressUnitBits>8</addressUnitBits>
  <width>32</width>
  <size>32</size>
  <access>read-write</access>
  <resetValue>0x00000000</resetValue>
  <resetMask>0xffffffff</resetMask>
  <peripherals>
${peripherals.map(peripheralElement).join('\n')}
  </peripherals>
</device>
`;
}

function peripheralElement(peripheral: Peripheral): string {
  const { interrupt } = peripheral;
  const interruptElement = interrupt
    ? `
      <interrupt>
        <name>${peripheral.name}</name>
        <description>${xml(interrupt.doc)}</description>
        <value>${interrupt.line}</value>
      </interrupt>`
    : '';
  return `    <peripheral>
      <name>${peripheral.name}</name>
      <description>${xml(peripheral.doc)}</description>
      <baseAddress>${hex(peripheral.base)}</baseAddress>
      <addressBlock>
        <offset>0x0</offset>
        <size>${hex(sizeOf(peripheral), 1)}</size>
        <usage>registers</usage>
      </addressBlock>${interruptElement}
      <registers>
${peripheral.registers.map(registerElement).join('\n')}
      </registers>
    </peripheral>`;
}

/**
 * What any of its fields may do. Readers of SVD take a register that is said to be read-only for one that is never written, whatever its fields say
 * (svd2rust makes no writer of it).
 */
function accessOfAll(register: Register): Access {
  const all = new Set(fieldsOf(register).map((field) => accessOf(field, register)));
  return all.size === 1 ? [...all][0] : 'read-write';
}

function registerElement(register: Register): string {
  const access = accessOfAll(register);
  const fieldElementOf = (field: Field) => {
    const own = accessOf(field, register);
    return fieldElement({ ...field, access: own === access ? undefined : own });
  };
  const dimension =
    register.count === undefined
      ? ''
      : `\n          <dim>${register.count}</dim>\n          <dimIncrement>4</dimIncrement>`;
  return `        <register>${dimension}
          <name>${register.name}${register.count === undefined ? '' : '[%s]'}</name>
          <description>${xml(register.doc)}</description>
          <addressOffset>${hex(register.offset, 3)}</addressOffset>
          <access>${access}</access>
          <resetValue>${hex(register.reset)}</resetValue>
          <fields>
${fieldsOf(register).map(fieldElementOf).join('\n')}
          </fields>
        </register>`;
}

function fieldElement(field: Field): string {
  const [high, low] = field.bits;
  const access = field.access ? `\n              <access>${field.access}</access>` : '';
  const modified = field.modifiedWriteValues
    ? `\n              <modifiedWriteValues>${field.modifiedWriteValues}</modifiedWriteValues>`
    : '';
  const values = field.values
    ? `
              <enumeratedValues>
${Object.entries(field.values)
  .map(
    ([name, { value, doc }]) => `                <enumeratedValue>
                  <name>${name}</name>
                  <description>${xml(doc)}</description>
                  <value>${hex(value, 1)}</value>
                </enumeratedValue>`,
  )
  .join('\n')}
              </enumeratedValues>`
    : '';
  return `            <field>
              <name>${field.name}</name>
              <description>${xml(field.doc)}</description>
              <bitRange>[${high}:${low}]</bitRange>${access}${modified}${values}
            </field>`;
}
