/** A person's name, as pages print it. */
import type { HumanName, Patient } from 'fhir/r4';

/** Chinese names are written family first, without a space. */
const CJK = /^[\u3400-\u9fff]/;

function printName(name: HumanName): string {
  if (name.text !== undefined) return name.text;
  const given = name.given?.join(' ') ?? '';
  const family = name.family ?? '';
  if (CJK.test(family)) return `${family}${given}`;
  return `${given} ${family}`.trim();
}

export function nameOf(patient: Patient): string {
  const name = patient.name?.find(({ use }) => use === 'official') ?? patient.name?.[0];
  return name === undefined ? 'Name not recorded' : printName(name);
}
