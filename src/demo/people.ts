/** Who is who in the demo. All of them are invented; nothing in this folder is about a real person. */
import type { HumanName, Identifier, Patient } from 'fhir/r4';

export interface Person {
  /** The id at the centre, `Patient/<id>`; the hospital's is `h-<id>`. */
  readonly id: string;
  readonly name: HumanName;
  readonly birthDate: string;
  readonly gender: 'female' | 'male';
  /** BCP-47: the language of their forms and advice. */
  readonly language: 'en' | 'nb' | 'zh-Hans';
  readonly phone: string;
  readonly illness: 'cancer' | 'osteoporosis';
  /** As the hospital has it, where that differs from the centre's. */
  readonly birthDateAtHospital?: string;
  /** False: the hospital's record may not be fetched. */
  readonly consents: boolean;
}

/** Both places register people under it. */
const NATIONAL_ID = 'urn:pro-bridge:demo:national-id';

const english = (given: string, family: string): HumanName => ({ use: 'official', text: `${given} ${family}`, family, given: [given] });
const chinese = (family: string, given: string): HumanName => ({ use: 'official', text: family + given, family, given: [given] });

const person = (id: string, name: HumanName, rest: Omit<Person, 'id' | 'name' | 'consents'>): Person => ({ id, name, consents: true, ...rest });

export const PEOPLE: readonly Person[] = [
  person('margaret-ellis', english('Margaret', 'Ellis'), {
    birthDate: '1959-05-17',
    gender: 'female',
    language: 'en',
    phone: '+44 1632 960101',
    illness: 'cancer',
  }),
  person('wang-xiuying', chinese('王', '秀英'), {
    birthDate: '1963-09-02',
    gender: 'female',
    language: 'zh-Hans',
    phone: '+86 000 0000 0102',
    illness: 'cancer',
  }),
  person('li-guoqiang', chinese('李', '国强'), { birthDate: '1955-12-21', gender: 'male', language: 'zh-Hans', phone: '+86 000 0000 0103', illness: 'cancer' }),
  person('ingrid-haugen', english('Ingrid', 'Haugen'), {
    birthDate: '1967-01-30',
    gender: 'female',
    language: 'nb',
    phone: '+47 000 00 104',
    illness: 'cancer',
  }),
  person('ola-bakken', english('Ola', 'Bakken'), { birthDate: '1950-07-08', gender: 'male', language: 'nb', phone: '+47 000 00 105', illness: 'cancer' }),
  person('thomas-whitfield', english('Thomas', 'Whitfield'), {
    birthDate: '1971-03-25',
    gender: 'male',
    language: 'en',
    phone: '+44 1632 960106',
    illness: 'cancer',
  }),
  person('chen-lihua', chinese('陈', '丽华'), {
    birthDate: '1958-11-11',
    gender: 'female',
    language: 'zh-Hans',
    phone: '+86 000 0000 0107',
    illness: 'cancer',
  }),
  person('astrid-lunde', english('Astrid', 'Lunde'), {
    birthDate: '1947-04-19',
    gender: 'female',
    language: 'nb',
    phone: '+47 000 00 108',
    illness: 'osteoporosis',
  }),
  person('dorothy-marsh', english('Dorothy', 'Marsh'), {
    birthDate: '1944-08-06',
    gender: 'female',
    language: 'en',
    phone: '+44 1632 960109',
    illness: 'osteoporosis',
  }),
  person('zhao-guifang', chinese('赵', '桂芳'), {
    birthDate: '1952-02-14',
    gender: 'female',
    language: 'zh-Hans',
    phone: '+86 000 0000 0110',
    illness: 'osteoporosis',
  }),
  {
    ...person('helen-crawford', english('Helen', 'Crawford'), {
      birthDate: '1961-10-03',
      gender: 'female',
      language: 'en',
      phone: '+44 1632 960111',
      illness: 'cancer',
    }),
    consents: false,
  },
  person('liu-jianguo', chinese('刘', '建国'), {
    birthDate: '1956-06-09',
    birthDateAtHospital: '1956-09-06',
    gender: 'male',
    language: 'zh-Hans',
    phone: '+86 000 0000 0112',
    illness: 'osteoporosis',
  }),
];

/** The parts that the story needs; the others are for the teller to give. */
export const CAST = {
  /** Fever, nine days after her last chemotherapy. */
  fever: 'margaret-ellis',
  /** Advanced lung cancer, on morphine and a laxative. */
  opioid: 'li-guoqiang',
  /** Denosumab every six months. */
  denosumab: 'astrid-lunde',
  /** The hospital records that she does not tolerate penicillin. */
  penicillinAllergy: 'wang-xiuying',
  /** The hospital has recorded nothing about allergies. */
  noAllergiesRecorded: 'thomas-whitfield',
  noConsent: 'helen-crawford',
  /** Same identifier and name; day and month of birth are swapped at the hospital. */
  nearMatch: 'liu-jianguo',
} as const;

/** The fever's distance from the last infusion. */
export const FEVER_DAYS_AFTER_INFUSION = 9;

export const hospitalPatientId = ({ id }: Person): string => `h-${id}`;

/** What both places know, each in a record of its own. */
export function demographics({ id, name, gender, language, phone }: Person): Omit<Patient, 'resourceType'> {
  const number = PEOPLE.findIndex((other) => other.id === id) + 1;
  const identifier: Identifier = { use: 'official', system: NATIONAL_ID, value: `DEMO-${String(number).padStart(4, '0')}` };
  return {
    active: true,
    identifier: [identifier],
    name: [name],
    telecom: [{ system: 'phone', value: phone, use: 'mobile' }],
    gender,
    communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: language }] }, preferred: true }],
  };
}

/** Marks a resource as made up. http://terminology.hl7.org/CodeSystem/v3-ActReason */
export const TEST_DATA = { tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HTEST', display: 'test health data' }] };

const HOUR = 60 * 60 * 1000;

/** A whole hour of the day that lies so many days before `reference`, on this machine's calendar. */
export function daysBefore(reference: Date, days: number, hour = 10): Date {
  return new Date(new Date(reference.getFullYear(), reference.getMonth(), reference.getDate() - days).getTime() + hour * HOUR);
}
