/** A finding in one plain English sentence, for staff: "Pain 8 of 10, was 5 a week before". */
import type { Digest } from './digest.ts';
import type { Earlier, Evidence } from './finding.ts';
import type { AlertRule } from './instrument.ts';

export function sentence(kind: AlertRule['kind'], evidence: Evidence, digest: Pick<Digest, 'clock' | 'respondent'>): string {
  return [BY_KIND[kind](evidence), proratedWords(evidence), respondentWords(digest), clockWords(digest)].join('');
}

const BY_KIND: Readonly<Record<AlertRule['kind'], (evidence: Evidence) => string>> = {
  threshold: measuredWords,
  worsening: measuredWords,
  persistence: (evidence) => `${valueWords(evidence)}, up for ${evidence.reports} answers in a row over ${evidence.days} days`,
  'red-flag': ({ symptom, answer }) => `${symptom.en}: ${answer}`,
  combination: ({ symptoms = [] }) => `${symptoms.length} symptoms new or worse at once: ${symptoms.map(({ en }) => en).join(', ')}`,
};

function measuredWords(evidence: Evidence): string {
  const { previous, baseline } = evidence;
  const before = previous === undefined ? '' : `, was ${previous.value} ${daysBefore(previous)}`;
  const first = baseline === undefined ? '' : `, was ${baseline.value} at the start, ${daysBefore(baseline)}`;
  return `${valueWords(evidence)}${before}${first}`;
}

const valueWords = ({ symptom, value, max }: Evidence): string => `${symptom.en} ${value}${max === undefined ? '' : ` of ${max}`}`;

function daysBefore({ days }: Earlier): string {
  if (days === 0) return 'earlier that day';
  if (days === 7) return 'a week before';
  return days === 1 ? 'a day before' : `${days} days before`;
}

const proratedWords = ({ prorated }: Evidence): string => (prorated === undefined ? '' : ` (worked out from ${prorated[0]} answers of ${prorated[1]})`);

const respondentWords = ({ respondent }: Pick<Digest, 'respondent'>): string => (respondent === 'proxy' ? ' (answered by another person)' : '');

const CLOCK_WORDS: Readonly<Record<Digest['clock'], string>> = {
  given: '',
  missing: '; when it was answered is not known, it was judged as of its receipt',
  unreadable: '; when it was answered cannot be read, it was judged as of its receipt',
  future: '; the time of the answer lies in the future, it was judged as of its receipt',
};

const clockWords = ({ clock }: Pick<Digest, 'clock'>): string => CLOCK_WORDS[clock];
