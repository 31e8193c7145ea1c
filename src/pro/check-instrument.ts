/**
 * What a JSON Schema cannot say of an instrument: that its files fit one another. Run when an instrument is loaded;
 * an instrument with a fault is not offered.
 */
import type { Extension, QuestionnaireItem } from 'fhir/r4';
import { codeSystem } from '../fhir/names.ts';
import { extensionsOf } from '../questionnaire/extension.ts';
import type { Plan, PlanItem } from '../questionnaire/plan.ts';
import type { AlertRule, Alerts, Instrument, Measured, Policy, ScoreRule, Scoring, Symptom, Words } from './instrument.ts';

export interface InstrumentFault {
  /** `questionnaire.json`, `scoring.json`, `alerts.json` */
  readonly file: string;
  /** JSON Pointer into it. https://www.rfc-editor.org/rfc/rfc6901 */
  readonly pointer: string;
  readonly text: string;
}

/** The plan is that of the instrument's own questionnaire. */
export function checkInstrument({ scoring, alerts }: Instrument, plan: Plan): readonly InstrumentFault[] {
  const languages = languagesOf(plan);
  return [
    ...checkQuestionnaire(plan, languages),
    ...(scoring === undefined ? [] : checkScoring(scoring, plan, languages)),
    ...(alerts === undefined ? [] : checkAlerts(alerts, { plan, scoring, languages })),
  ];
}

/** Words that the policy lacks in a language that an instrument is offered in. */
export function checkPolicy(policy: Policy, languages: readonly string[]): readonly InstrumentFault[] {
  const words: [string, Words][] = [
    ['/always', policy.always],
    ['/nothingFound', policy.nothingFound],
    ...Object.entries(policy.tiers).map(([tier, { advice }]): [string, Words] => [`/tiers/${tier}/advice`, advice]),
  ];
  const hours = policy.workingHours.from < policy.workingHours.to ? [] : [{ pointer: '/workingHours/to', text: 'The site closes before it opens.' }];
  return [...words.flatMap(([pointer, text]) => missingWords(text, languages, pointer)), ...hours].map((fault) => ({ file: 'policy.json', ...fault }));
}

/** The languages that an instrument is offered in: that of its questionnaire, and those that it is translated into. */
export function languagesOf({ questionnaire, order }: Pick<Plan, 'questionnaire' | 'order'>): readonly string[] {
  const translated = order.flatMap(({ definition }) => translationsOf(definition));
  return [...new Set([questionnaire.language ?? 'en', ...translated])];
}

type Fault = Omit<InstrumentFault, 'file'>;

const inFile = (file: string, faults: readonly Fault[]): InstrumentFault[] => faults.map((fault) => ({ file, ...fault }));

function translationsOf({ _text }: QuestionnaireItem): string[] {
  const parts = extensionsOf(_text, 'translation').flatMap(({ extension = [] }) => extension);
  return parts.flatMap((part: Extension) => (part.url === 'lang' ? (part.valueCode ?? []) : []));
}

function missingWords(words: Words, languages: readonly string[], pointer: string): Fault[] {
  const missing = languages.filter((language) => !Object.hasOwn(words, language));
  return missing.length === 0 ? [] : [{ pointer, text: `The words are missing in ${missing.join(', ')}, in which the questionnaire is offered.` }];
}

function checkQuestionnaire(plan: Plan, languages: readonly string[]): InstrumentFault[] {
  const { questionnaire } = plan;
  const naming: Fault[] = plan.url === '' || plan.version === '' ? [{ pointer: '', text: 'The questionnaire needs a url and a version.' }] : [];
  const untranslated = plan.order.flatMap(({ linkId, definition }): Fault[] => {
    const there = [questionnaire.language ?? 'en', ...translationsOf(definition)];
    const missing = definition.text === undefined ? [] : languages.filter((language) => !there.includes(language));
    return missing.length === 0 ? [] : [{ pointer: '/item', text: `The text of '${linkId}' is missing in ${missing.join(', ')}.` }];
  });
  return inFile('questionnaire.json', [...naming, ...untranslated, ...checkPainContent(plan)]);
}

/**
 * Pain is not judged by its intensity alone: a questionnaire about pain (Questionnaire.code `pain`) also asks for the
 * side effects of its treatment and for what the patient can do (items coded `side-effect` and `function`).
 */
function checkPainContent({ questionnaire, order }: Plan): Fault[] {
  const topic = codeSystem('questionnaire-topic');
  const isAboutPain = questionnaire.code?.some(({ system, code }) => system === topic && code === 'pain');
  if (isAboutPain !== true) return [];
  const asked = new Set(order.flatMap(({ definition }) => definition.code ?? []).map(({ system, code }) => (system === topic ? code : undefined)));
  const missing = ['side-effect', 'function'].filter((code) => !asked.has(code));
  return missing.map((code) => ({ pointer: '/item', text: `A questionnaire about pain needs an item with the code '${code}' of ${topic}.` }));
}

function checkScoring(scoring: Scoring, plan: Plan, languages: readonly string[]): InstrumentFault[] {
  const faults = scoring.scores.flatMap((rule, index) =>
    checkScore(rule, `/scores/${index}`, plan).concat(missingWords(rule.text, languages, `/scores/${index}/text`)),
  );
  const bandWords = scoring.scores.flatMap(({ bands }, index) =>
    bands.flatMap((band, at) => missingWords(band.text, languages, `/scores/${index}/bands/${at}/text`)),
  );
  const ids = scoring.scores.map(({ id }) => id);
  return inFile('scoring.json', [...sameQuestionnaire(scoring, plan), ...twice(ids, '/scores'), ...faults, ...bandWords]);
}

function sameQuestionnaire({ questionnaire, questionnaireVersions }: Scoring | Alerts, { url, version }: Plan): Fault[] {
  if (questionnaire !== url) return [{ pointer: '/questionnaire', text: `It is for ${questionnaire}, but the questionnaire beside it is ${url}.` }];
  if (questionnaireVersions.includes(version)) return [];
  return [{ pointer: '/questionnaireVersions', text: `Version ${version} of the questionnaire beside it is not among them.` }];
}

function twice(names: readonly string[], pointer: string): Fault[] {
  const repeated = names.filter((name, index) => names.indexOf(name) < index);
  return [...new Set(repeated)].map((name) => ({ pointer, text: `'${name}' is used twice.` }));
}

function checkScore(rule: ScoreRule, pointer: string, plan: Plan): Fault[] {
  const items = rule.items.flatMap((linkId, index) => checkNumbered(linkId, plan, `${pointer}/items/${index}`));
  const allowed = rule.missing?.allowed ?? 0;
  const all = allowed < rule.items.length ? [] : [{ pointer: `${pointer}/missing/allowed`, text: 'At least one item has to be answered.' }];
  return [...items, ...all, ...checkBands(rule, pointer)];
}

const NUMBERS: ReadonlySet<QuestionnaireItem['type']> = new Set<QuestionnaireItem['type']>(['decimal', 'integer', 'quantity']);

/** The item is there, and every answer to it is a number: a score has to take whatever is answered. */
function checkNumbered(linkId: string, plan: Plan, pointer: string): Fault[] {
  const faults = checkSomeNumbers(linkId, plan, pointer);
  const weightless = weightlessOptions(plan.byLinkId.get(linkId));
  if (faults.length > 0 || weightless.length === 0) return faults;
  return [{ pointer, text: `Options of '${linkId}' have no weight (ordinalValue): ${weightless.join(', ')}.` }];
}

/** The item is there, and answers to it may be numbers: a rule passes over "not sure", which has none. */
function checkSomeNumbers(linkId: string, { byLinkId }: Plan, pointer: string): Fault[] {
  const item = byLinkId.get(linkId);
  if (item === undefined) return [{ pointer, text: `The questionnaire has no item '${linkId}'.` }];
  const hasNumbers = item.options === undefined ? NUMBERS.has(item.definition.type) : weightlessOptions(item).length < item.options.size;
  return hasNumbers ? [] : [{ pointer, text: `No answer to '${linkId}' (${item.definition.type}) is a number or has a weight (ordinalValue).` }];
}

const weightlessOptions = (item: PlanItem | undefined): string[] =>
  [...(item?.options?.keys() ?? [])].filter((key) => !item?.weights.has(key) && !isNumberOption(key));

const isNumberOption = (key: string): boolean => key.startsWith('integer:') || key.startsWith('decimal:');

function checkBands({ bands, range: [low, high] }: ScoreRule, pointer: string): Fault[] {
  if (low >= high) return [{ pointer: `${pointer}/range`, text: 'The range ends before it begins.' }];
  const [first, last] = [bands[0], bands.at(-1)];
  if (first === undefined || last === undefined) return [];
  const ends = first.low === low && last.high === high ? [] : [{ pointer: `${pointer}/bands`, text: `The bands do not cover the range ${low} to ${high}.` }];
  const steps = bands.flatMap((band, index): Fault[] => {
    const next = bands[index + 1];
    const follows = next === undefined || next.low === band.high || (next.low === band.high + 1 && Number.isInteger(band.high));
    return band.low <= band.high && follows
      ? []
      : [{ pointer: `${pointer}/bands/${index}`, text: `After ${band.low} to ${band.high} there is a gap or an overlap.` }];
  });
  return [...ends, ...steps];
}

interface Beside {
  readonly plan: Plan;
  readonly scoring: Scoring | undefined;
  readonly languages: readonly string[];
}

function checkAlerts(alerts: Alerts, beside: Beside): InstrumentFault[] {
  const words = alerts.symptoms.flatMap(({ text, advice = text }, index) => [
    ...missingWords(text, beside.languages, `/symptoms/${index}/text`),
    ...missingWords(advice, beside.languages, `/symptoms/${index}/advice`),
  ]);
  const advice = alerts.symptoms.flatMap((symptom, index) => checkAdvice(symptom, alerts.rules, `/symptoms/${index}/advice`));
  const keys = alerts.symptoms.map(({ key }) => key);
  const rules = alerts.rules.flatMap((rule, index) => checkRule(rule, `/rules/${index}`, { ...beside, keys }));
  const ids = alerts.rules.map(({ id }) => id);
  return inFile('alerts.json', [
    ...sameQuestionnaire(alerts, beside.plan),
    ...twice(keys, '/symptoms'),
    ...twice(ids, '/rules'),
    ...words,
    ...advice,
    ...rules,
  ]);
}

/** A symptom's own advice stands in for that of the tier, so it must be right for the tier: never softer than a call for help. */
function checkAdvice({ key, advice }: Symptom, rules: readonly AlertRule[], pointer: string): Fault[] {
  if (advice === undefined) return [];
  const tiers = [...new Set(rules.filter(({ symptom }) => symptom === key).map(({ tier }) => tier))];
  if (tiers.length > 1) return [{ pointer, text: `Rules of several tiers are about '${key}' (${tiers.join(', ')}); leave its advice to the tiers.` }];
  const soft = tiers[0] === 'critical' ? Object.keys(advice).filter((language) => !beginsWithCall(advice[language] ?? '')) : [];
  const text = `In ${soft.join(', ')} the first sentence does not say whom to call ({emergency} or {crisis}), as advice on a critical finding must.`;
  return soft.length === 0 ? [] : [{ pointer, text }];
}

/** Up to the first full stop, Latin or Chinese. */
const beginsWithCall = (words: string): boolean => ['{emergency}', '{crisis}'].some((number) => words.split(/[.。!！]/, 1)[0]?.includes(number));

function checkRule(rule: AlertRule, pointer: string, { keys, plan, scoring, languages }: Beside & { keys: readonly string[] }): Fault[] {
  const named = rule.kind === 'combination' ? [rule.symptom, ...rule.symptoms] : [rule.symptom];
  const unknown = named.filter((key) => !keys.includes(key)).map((key) => ({ pointer, text: `There is no symptom '${key}' in this file.` }));
  if (rule.kind === 'combination') return unknown;
  if (rule.kind === 'red-flag') return [...unknown, ...checkRedFlag(rule, plan, pointer)];
  const untold = rule.text === undefined ? [] : missingWords(rule.text, languages, `${pointer}/text`);
  return [...unknown, ...untold, ...checkMeasured(rule.of, `${pointer}/of`, { plan, scoring })];
}

function checkMeasured(of: Measured, pointer: string, { plan, scoring }: Pick<Beside, 'plan' | 'scoring'>): Fault[] {
  if ('item' in of) return checkSomeNumbers(of.item, plan, pointer);
  const known = scoring?.scores.some(({ id }) => id === of.score) === true;
  return known ? [] : [{ pointer, text: `scoring.json has no score '${of.score}'.` }];
}

/** The item is there, and one of its answers can raise the flag. */
function checkRedFlag({ item: linkId, when }: Extract<AlertRule, { kind: 'red-flag' }>, plan: Plan, pointer: string): Fault[] {
  const item = plan.byLinkId.get(linkId);
  if (item === undefined) return [{ pointer: `${pointer}/item`, text: `The questionnaire has no item '${linkId}'.` }];
  if (isConditional(item))
    return [{ pointer: `${pointer}/item`, text: `'${linkId}' is a warning sign; it may not be hidden behind another answer (enableWhen).` }];
  if ('atLeast' in when) return checkSomeNumbers(linkId, plan, `${pointer}/item`);
  const possible = 'boolean' in when ? item.definition.type === 'boolean' : hasOption(item, when.coding);
  return possible ? [] : [{ pointer: `${pointer}/when`, text: `No answer to '${linkId}' (${item.definition.type}) can be that.` }];
}

const isConditional = (item: PlanItem | undefined): boolean => item !== undefined && (item.conditions.length > 0 || isConditional(item.parent));

function hasOption({ options }: PlanItem, { system, code }: { readonly system?: string; readonly code: string }): boolean {
  return [...(options?.keys() ?? [])].some((key) => (system === undefined ? key.endsWith(`|${code}`) : key === `${system}|${code}`));
}
