/** Scores as series over time. */
import type { Observation } from 'fhir/r4';
import type { ScorePoint, ScoreSeries } from './timeline.ts';
import { unversioned } from './timeline-alerts.ts';
import type { Sources } from './timeline-source.ts';
import { codeOf, earlierOf, maybe, timeOf, titleOf, wordsOf } from './wording.ts';

/** One series a code, in order of their titles; withdrawn ones left out, and a hospital's. */
export function scoreSeries(observations: readonly Observation[], sources: Sources): readonly ScoreSeries[] {
  const own = observations.filter((observation) => sources.entry(observation).source.hospital === undefined);
  const current = own.filter(({ status }) => status !== 'entered-in-error' && status !== 'cancelled');
  const series = [...Map.groupBy(current, keyOf).values()].flatMap((same) => seriesOf(same, sources));
  return series.toSorted((left, right) => (left.title < right.title ? -1 : 1));
}

function keyOf({ code }: Observation): string {
  const [coding] = code.coding ?? [];
  return JSON.stringify(coding === undefined ? [code.text] : [coding.system, coding.code]);
}

function seriesOf(observations: readonly Observation[], sources: Sources): readonly ScoreSeries[] {
  const points = observations.map((observation) => pointOf(observation, sources)).toSorted((left, right) => timeOf(left.at) - timeOf(right.at));
  const [newest] = observations.toSorted((left, right) => timeOf(right.effectiveDateTime) - timeOf(left.effectiveDateTime));
  if (newest === undefined) return [];
  const [coding] = newest.code.coding ?? [];
  const unit = observations.find(({ valueQuantity }) => valueQuantity !== undefined)?.valueQuantity?.unit ?? '';
  return [{ system: coding?.system ?? '', code: coding?.code ?? '', title: titleOf(newest.code), unit: unit === '{score}' ? '' : unit, points }];
}

function pointOf(observation: Observation, sources: Sources): ScorePoint {
  const {
    effectiveDateTime,
    effectivePeriod,
    issued,
    valueQuantity,
    dataAbsentReason,
    interpretation,
    note = [],
    derivedFrom = [],
    method,
    status,
  } = observation;
  const response = derivedFrom.find(({ reference }) => reference?.startsWith('QuestionnaireResponse/'))?.reference;
  const remarks = [...note.map(({ text }) => text), ...(status === 'amended' || status === 'corrected' ? ['Worked out again after a correction.'] : [])];
  return {
    ...sources.entry(observation),
    at: earlierOf(effectiveDateTime ?? effectivePeriod?.start, issued) ?? observation.meta?.lastUpdated ?? '',
    ...maybe('value', valueQuantity?.value),
    ...maybe('absent', valueQuantity?.value === undefined ? (wordsOf(dataAbsentReason) ?? 'no value') : undefined),
    ...maybe('band', wordsOf(interpretation?.[0])),
    ...maybe('interpretation', codeOf(interpretation?.[0])),
    remarks,
    ...maybe('response', response === undefined ? undefined : unversioned(response)),
    ...maybe('method', wordsOf(method)),
  };
}
