/** Who the patient is, and how to reach them. */
import type { ContactPoint, Patient } from 'fhir/r4';
import { parseDateTime } from '../fhir/datetime.ts';
import { printName } from './match.ts';
import type { BridgeStatus } from './status.ts';
import type { TimelinePatient } from './timeline.ts';
import type { Sources } from './timeline-source.ts';
import { maybe, wordsOf } from './wording.ts';

export function patientEntry(patient: Patient, { sources, status, now }: { sources: Sources; status: BridgeStatus; now: Date }): TimelinePatient {
  const { name = [], birthDate, communication = [], deceasedBoolean, deceasedDateTime } = patient;
  const shown = name.find(({ use }) => use === 'official') ?? name[0];
  const languages = communication.toSorted((left, right) => Number(right.preferred === true) - Number(left.preferred === true));
  return {
    ...sources.entry(patient),
    name: shown === undefined ? 'Name not recorded' : printName(shown),
    ...maybe('birthDate', birthDate),
    ...maybe('age', birthDate === undefined ? undefined : yearsBetween(birthDate, now)),
    languages: languages.flatMap(({ language }) => language.coding?.[0]?.code ?? []),
    phones: phonesOf(patient),
    deceased: deceasedBoolean === true || deceasedDateTime !== undefined || status.hospitals.some(({ visible, link }) => visible && link?.deceased === true),
  };
}

/** Undefined where the day of birth is not known. */
function yearsBetween(birthDate: string, now: Date): number | undefined {
  const birth = parseDateTime(birthDate);
  if (birth?.precision !== 'day') return undefined;
  const from = new Date(birth.low);
  const hadBirthday = now.getUTCMonth() > from.getUTCMonth() || (now.getUTCMonth() === from.getUTCMonth() && now.getUTCDate() >= from.getUTCDate());
  return now.getUTCFullYear() - from.getUTCFullYear() - (hadBirthday ? 0 : 1);
}

/** The patient's own by rank, then those of contacts. */
function phonesOf({ telecom = [], contact = [] }: Patient): TimelinePatient['phones'] {
  const own = telecom.filter(isPhone).toSorted((left, right) => (left.rank ?? 99) - (right.rank ?? 99));
  const others = contact.flatMap((person) => (person.telecom ?? []).filter(isPhone).map((phone) => ({ number: phone.value ?? '', whose: whoIs(person) })));
  return [...own.map(({ value = '', use }) => ({ number: value, whose: use === undefined ? 'patient' : `patient, ${use}` })), ...others];
}

const isPhone = ({ system, value, use }: ContactPoint): boolean => (system === 'phone' || system === 'sms') && value !== undefined && use !== 'old';

function whoIs({ name, relationship }: NonNullable<Patient['contact']>[number]): string {
  const relation = wordsOf(relationship?.[0]) ?? 'contact';
  return name === undefined ? relation : `${printName(name)}, ${relation}`;
}
