/** When the story has come to the present: everything on record is checked once more, whole. */
import type { Flag, QuestionnaireResponse } from 'fhir/r4';
import { identifierSystem } from '../../fhir/names.ts';
import { type Part, player } from '../cast.ts';
import { redFlagsIn } from '../instruments.ts';
import { type Alert, alertOf } from '../reading.ts';
import { textOf } from '../staff.ts';
import { check, type Scene } from '../story.ts';
import { requireScores, type Tale } from '../tale.ts';
import { requireRecord } from './hospital.ts';

/** What the story has come to, for the summary. */
export interface Totals {
  answers: number;
  scores: number;
  /** By tier: open, closed. */
  readonly alerts: Map<string, { open: number; closed: number }>;
  pulled: number;
}

interface Expected {
  readonly part: Part;
  readonly symptom: string;
  readonly tier: string;
  readonly open: boolean;
}

/** Every alert that the story may have raised, worked out by hand from the rules. */
const EXPECTED: readonly Expected[] = [
  { part: 'fever', symptom: 'fever', tier: 'critical', open: false },
  { part: 'saturday', symptom: 'suicidal-thoughts', tier: 'critical', open: true },
  { part: 'corrected', symptom: 'bleeding', tier: 'critical', open: true },
  { part: 'risingPain', symptom: 'pain', tier: 'severe', open: true },
  { part: 'persistent', symptom: 'back-pain', tier: 'severe', open: true },
  { part: 'overdueInjection', symptom: 'denosumab-overdue', tier: 'severe', open: true },
  { part: 'education', symptom: 'nausea', tier: 'moderate', open: false },
  { part: 'late', symptom: 'pain', tier: 'moderate', open: true },
  { part: 'proxy', symptom: 'appetite-loss', tier: 'moderate', open: true },
];

export function ending(tale: Tale, now: Date, totals: Totals): Scene[] {
  const scene = (title: string, run: () => Promise<string>): Scene => ({ at: now, title, run });
  return [
    scene('Every answer has all its scores, and they are right', () => allScores(tale, totals)),
    scene('Every alert has its reason and its work item, and is one that the rules call for', () => allAlerts(tale, totals)),
    scene('Every warning sign that was answered has exactly one alert', () => allRedFlags(tale)),
    scene('The worklist shows who waits, and names no illness or symptom', () => worklist(tale)),
    scene(`${player('silent').said}, who fell silent, is on the worklist`, () => silence(tale)),
    scene('The hospital record at the centre is as it is at the hospital', () => record(tale, totals)),
  ];
}

async function allScores(tale: Tale, totals: Totals): Promise<string> {
  const responses = await tale.centre.search<QuestionnaireResponse>('QuestionnaireResponse?_count=1000');
  totals.answers = responses.length;
  check(responses.length === tale.ledger.length, 'the centre holds every answer that was sent, and no other', [responses.length, tale.ledger.length]);
  totals.scores = 0;
  for (const given of tale.ledger) totals.scores += await requireScores(tale.centre, given);
  return `${totals.answers} answers, ${totals.scores} scores`;
}

async function allAlerts(tale: Tale, totals: Totals): Promise<string> {
  const alerts = await everyAlert(tale);
  const found = alerts.map(({ flag, symptom, tier }) => line(flag.subject.reference ?? '', { symptom, tier, open: flag.status === 'active' }));
  const expected = EXPECTED.map(({ part, ...rest }) => line(player(part).ref, rest));
  check(found.toSorted().join('; ') === expected.toSorted().join('; '), `the alerts are: ${expected.toSorted().join('; ')}`, found.toSorted());
  for (const tier of ['critical', 'severe', 'moderate']) {
    const open = alerts.filter((alert) => alert.tier === tier && alert.flag.status === 'active').length;
    totals.alerts.set(tier, { open, closed: alerts.filter((alert) => alert.tier === tier).length - open });
  }
  return `${alerts.length} alerts`;
}

const line = (patient: string, { symptom, tier, open }: Omit<Expected, 'part'>): string => `${patient} ${symptom} ${tier} ${open ? 'open' : 'closed'}`;

const everyAlert = async ({ centre }: Tale): Promise<readonly Alert[]> =>
  Promise.all((await centre.search<Flag>('Flag?_count=1000')).map((flag) => alertOf(centre, flag)));

async function allRedFlags(tale: Tale): Promise<string> {
  const alerts = await everyAlert(tale);
  const signs = tale.ledger.flatMap(({ id, form, values }) => redFlagsIn(form, values).map((rule) => ({ key: `${id}|${rule.id}`, rule })));
  for (const { key, rule } of signs) {
    const about = alerts.filter(({ issues }) =>
      issues.some(({ identifier }) => identifier?.some(({ system, value }) => system === identifierSystem('finding') && value === key)),
    );
    check(about.length === 1 && about[0]?.symptom === rule.symptom, `the warning sign ${rule.id} has exactly one alert`, about.length);
  }
  return `${signs.length} warning signs`;
}

/** Words that must not stand where a passer-by may read them. */
const PRIVATE = /cancer|osteoporosis|fever|pain|nausea|suicid|bleeding|phq|denosumab|appetite/i;

async function worklist(tale: Tale): Promise<string> {
  const text = textOf(await tale.staff.page('/'));
  const waiting = EXPECTED.filter(({ open }) => open).map(({ part }) => player(part).called);
  for (const name of [...waiting, player('nearMatch').called]) check(text.includes(name), `${name} is on the worklist`);
  const found = PRIVATE.exec(text)?.[0];
  check(found === undefined, 'the worklist names no illness or symptom', found);
  check(!text.includes('overdue'), 'nothing on the worklist is overdue: staff did in time what was due', /.{60}overdue.{30}/.exec(text)?.[0]);
  return `${waiting.length} people with open alerts, the most urgent first, nothing overdue`;
}

async function silence(tale: Tale): Promise<string> {
  const text = textOf(await tale.staff.page('/'));
  const quiet = text.slice(text.indexOf('No answer for a while'));
  check(text.includes('No answer for a while') && quiet.includes(player('silent').called), 'the worklist says who has not answered', quiet.slice(0, 300));
  for (const part of ['fever', 'late', 'nearMatch', 'noConsent'] as const) {
    check(!quiet.includes(player(part).called), `${player(part).called}, who answers, is not among the silent`);
  }
  return 'silence is not recovery';
}

async function record(tale: Tale, totals: Totals): Promise<string> {
  totals.pulled = await requireRecord(tale);
  return `${totals.pulled} resources`;
}
