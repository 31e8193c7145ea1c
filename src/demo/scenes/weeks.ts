/** Ten weeks of answers, each on its day: what everybody says when nothing of the story happens to them. */

import type { Values } from '../answers.ts';
import { boneCheck, boneCheckOnDenosumab, diary, phq9, weekly } from '../answers-given.ts';
import { daysAgo, later } from '../calendar.ts';
import { type Part, player } from '../cast.ts';
import type { InstrumentName } from '../instruments.ts';
import type { Scene } from '../story.ts';
import { submit, type Tale } from '../tale.ts';

const WEEKS = 10;

interface Habit {
  readonly part: Part;
  readonly instrument: InstrumentName;
  /** The day and time of the week, counted from the day of the fever. */
  readonly day: number;
  readonly time: string;
  /** By weeks before the week of the fever. */
  readonly answers: Readonly<Record<number, Values>>;
}

/** Weeks 9, 8, 7 … of a value each. */
const inWeeks = <T>(values: readonly T[], answer: (value: T) => Values): Record<number, Values> =>
  Object.fromEntries(values.map((value, index) => [WEEKS - 1 - index, answer(value)]));

const everyOther = (weeks: readonly number[], values: Values): Record<number, Values> => Object.fromEntries(weeks.map((week) => [week, values]));

/** The pain grows; at 5 it is moderate and much worse than before, in the third report of 4 or more it has lasted, from 7 it is severe. */
const RISING_PAIN = [2, 2, 3, 3, 3, 5, 6, 6, 7, 8];

const HABITS: readonly Habit[] = [
  {
    part: 'fever',
    instrument: 'cancer-weekly',
    day: 0,
    time: '07:40',
    answers: inWeeks([2, 3, 2, 2, 3, 2, 2, 3, 2], (fatigue) => weekly({ fatigue, nausea: fatigue - 1 })),
  },
  {
    part: 'risingPain',
    instrument: 'cancer-weekly',
    day: 2,
    time: '09:20',
    answers: inWeeks(RISING_PAIN, (pain) =>
      weekly({ pain, 'pain-function': Math.min(pain, 6), 'pain-medicine': true, 'extra-doses': Math.ceil(pain / 3), constipation: 3, fatigue: 3 }),
    ),
  },
  {
    part: 'corrected',
    instrument: 'cancer-weekly',
    day: -2,
    time: '20:05',
    answers: inWeeks([3, 3, 2, 2, 2, 1, 2, 1, 1, 1], (fatigue) => weekly({ fatigue })),
  },
  {
    part: 'saturday',
    instrument: 'cancer-weekly',
    day: -1,
    time: '18:30',
    answers: inWeeks([1, 2, 2, 1, 2, 2, 3, 2, 3, 3], (distress) => weekly({ distress })),
  },
  { part: 'saturday', instrument: 'phq-9', day: -1, time: '18:35', answers: everyOther([8, 6, 4, 2], phq9(1, 1, 1, 1, 0, 0, 0, 0, 0)) },
  { part: 'late', instrument: 'cancer-weekly', day: 0, time: '09:00', answers: inWeeks([2, 2, 1, 2, 2, 2, 1, 2, 2], (pain) => weekly({ pain })) },
  {
    part: 'education',
    instrument: 'cancer-weekly',
    day: -2,
    time: '12:15',
    answers: inWeeks([1, 1, 2, 1, 2, 2, 5, 2, 2, 1], (nausea) => weekly({ nausea })),
  },
  {
    part: 'proxy',
    instrument: 'cancer-weekly',
    day: 2,
    time: '16:45',
    answers: inWeeks([2, 2, 3, 2, 2, 3, 2, 2, 2], (appetite) => weekly({ 'appetite-loss': appetite })),
  },
  { part: 'noConsent', instrument: 'cancer-weekly', day: -3, time: '10:10', answers: inWeeks([1, 1, 0, 1, 1, 0, 0, 1, 1, 0], (pain) => weekly({ pain })) },
  {
    part: 'persistent',
    instrument: 'osteoporosis-check',
    day: 1,
    time: '11:30',
    answers: { 8: boneCheck({ 'back-pain': 3 }), 6: boneCheck({ 'back-pain': 3 }), ...aching([4, 2, 0]) },
  },
  { part: 'overdueInjection', instrument: 'osteoporosis-check', day: -1, time: '13:00', answers: everyOther([8, 6, 4, 2], boneCheckOnDenosumab(false)) },
  { part: 'silent', instrument: 'osteoporosis-check', day: 0, time: '15:30', answers: everyOther([9, 7], boneCheck()) },
  { part: 'nearMatch', instrument: 'osteoporosis-check', day: -3, time: '08:50', answers: everyOther([9, 7, 5, 3, 1], boneCheck()) },
];

function aching(weeks: readonly number[]): Record<number, Values> {
  return everyOther(weeks, boneCheck({ 'back-pain': 4, 'cannot-wait': false }));
}

/** An entry of the pain diary every evening of the week that ends with the fever. */
const DIARY_DAYS = [6, 5, 4, 3, 2, 1, 0];

export function weeks(tale: Tale, fever: Date): Scene[] {
  return [...HABITS.flatMap((habit) => scenesOf(tale, fever, habit)), ...DIARY_DAYS.map((days) => diaryEntry(tale, fever, days)), ...tellings(tale, fever)];
}

/** Every week some minutes later than the week before: people are no clocks. */
const DRIFT_MINUTES = 4;

const WEEK_MINUTES = 7 * 24 * 60;

const timeOf = ({ day, time }: Habit, fever: Date, week: number): Date =>
  later(daysAgo(fever, -day, time), DRIFT_MINUTES * (WEEKS - 1 - week) - WEEK_MINUTES * week);

/** When somebody answers, so many weeks before the week of the fever. */
export function answeredAt(part: Part, fever: Date, week: number): Date {
  const habit = HABITS.find((one) => one.part === part);
  if (habit === undefined) throw new Error(`${part} has no habit of answering`);
  return timeOf(habit, fever, week);
}

function scenesOf(tale: Tale, fever: Date, habit: Habit): Scene[] {
  const { part, instrument, answers } = habit;
  const { ref, said } = player(part);
  return Object.entries(answers).map(([week, values]) => ({
    at: timeOf(habit, fever, Number(week)),
    title: `${said} answers the ${instrument} questionnaire`,
    quiet: true,
    run: async () => {
      await submit(tale, { patient: ref, instrument, values });
      return undefined;
    },
  }));
}

function diaryEntry(tale: Tale, fever: Date, days: number): Scene {
  const { ref, said } = player('risingPain');
  return {
    at: daysAgo(fever, days, '21:00'),
    title: `${said} writes in the pain diary`,
    quiet: true,
    run: async () => {
      const values = diary({ 'pain-now': 5, 'pain-worst': 7, 'pain-average': 5, 'pain-function': 5, 'extra-doses': 2 });
      await submit(tale, { patient: ref, instrument: 'pain-diary', values });
      return undefined;
    },
  };
}

/** At the end of each week, how many answers it brought. */
function tellings(tale: Tale, fever: Date): Scene[] {
  let told = 0;
  return Array.from({ length: WEEKS }, (_, index) => ({
    at: daysAgo(fever, 7 * (WEEKS - 1 - index) - 3, '23:30'),
    title: `Week ${index + 1} of ${WEEKS}`,
    run: async () => {
      const count = tale.ledger.length - told;
      told = tale.ledger.length;
      return `${count} answers, each stored, scored right and answered with a word to the patient`;
    },
  }));
}
