/** Who plays which part of the story. */
import { CAST, PEOPLE, type Person } from './people.ts';

const PARTS = {
  /** Fever nine days after chemotherapy. */
  fever: CAST.fever,
  /** Pain that grows worse over weeks, in spite of morphine. */
  risingPain: CAST.opioid,
  /** Her injection should have been given. */
  overdueInjection: CAST.denosumab,
  /** Ticks a wrong box. */
  corrected: CAST.penicillinAllergy,
  /** A moderate complaint that good advice helps. */
  education: CAST.noAllergiesRecorded,
  noConsent: CAST.noConsent,
  nearMatch: CAST.nearMatch,
  /** Thinks of suicide on a Saturday evening. */
  saturday: 'ingrid-haugen',
  /** Answers on paper. */
  late: 'ola-bakken',
  /** Her daughter answers for her. */
  proxy: 'chen-lihua',
  /** Moderate pain that does not go away. */
  persistent: 'dorothy-marsh',
  /** Stops answering. */
  silent: 'zhao-guifang',
} as const;

export type Part = keyof typeof PARTS;

export interface Player extends Person {
  /** `Patient/7` at the centre. */
  readonly ref: string;
  /** As pages print the name. */
  readonly called: string;
  /** The same for those who read Latin letters only. */
  readonly said: string;
}

export function player(part: Part): Player {
  const person = PEOPLE.find(({ id }) => id === PARTS[part]);
  if (person === undefined) throw new Error(`nobody plays ${part}`);
  const called = person.name.text ?? person.id;
  return { ...person, ref: `Patient/${person.id}`, called, said: /^\p{Script=Latin}/u.test(called) ? called : `${called} (${inLatin(person.id)})` };
}

/** `Wang Xiuying` of `wang-xiuying`. */
const inLatin = (id: string): string => id.replace(/(?:^|-)(\w)/g, (_, letter: string) => ` ${letter.toUpperCase()}`).trim();
