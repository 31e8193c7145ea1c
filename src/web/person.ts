/** A person's name, age and ways to reach them, as pages print them. */
import type { ContactPoint, HumanName, Patient } from 'fhir/r4';

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

/** In whole years at `now`; undefined where the birth date is not known to the day. */
export function ageOf(patient: Patient, now: number): number | undefined {
  const [year, month, day] = (patient.birthDate ?? '').split('-').map(Number);
  if (year === undefined || month === undefined || day === undefined || Number.isNaN(year)) return undefined;
  const today = new Date(now);
  const birthdayPassed = today.getUTCMonth() + 1 > month || (today.getUTCMonth() + 1 === month && today.getUTCDate() >= day);
  return today.getUTCFullYear() - year - (birthdayPassed ? 0 : 1);
}

/** Telephone numbers, the preferred first. */
export const phonesOf = (telecom: readonly ContactPoint[] | undefined): readonly string[] =>
  (telecom ?? [])
    .filter(({ system }) => system === 'phone' || system === 'sms')
    .toSorted((a, b) => (a.rank ?? 99) - (b.rank ?? 99))
    .flatMap(({ value }) => value ?? []);
