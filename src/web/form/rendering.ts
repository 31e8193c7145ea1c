/** How a questionnaire asks to be shown. https://hl7.org/fhir/uv/sdc/rendering.html */
import type { Extension, Questionnaire, QuestionnaireItem } from 'fhir/r4';
import type { PlanItem } from '../../questionnaire/plan.ts';
import { asRecord } from '../../questionnaire/value.ts';

const CORE = 'http://hl7.org/fhir/StructureDefinition/';
const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';

/** Newer and older spellings side by side. */
const URLS = {
  itemControl: [`${CORE}questionnaire-itemControl`],
  choiceOrientation: [`${CORE}questionnaire-choiceOrientation`],
  hidden: [`${CORE}questionnaire-hidden`],
  sliderStep: [`${CORE}questionnaire-sliderStepValue`],
  displayCategory: [`${CORE}questionnaire-displayCategory`],
  optionPrefix: [`${CORE}questionnaire-optionPrefix`],
  referenceResource: [`${CORE}questionnaire-referenceResource`],
  unitOption: [`${CORE}questionnaire-unitOption`],
  unit: [`${CORE}questionnaire-unit`],
  unitOpen: [`${SDC}unitOpen`],
  openLabel: [`${SDC}openLabel`],
  itemMedia: [`${SDC}itemMedia`],
  answerMedia: [`${SDC}itemAnswerMedia`],
  keyboard: [`${SDC}keyboard`],
  entryMode: [`${SDC}entryMode`],
  entryFormat: [`${CORE}entryFormat`],
  mimeType: [`${CORE}mimeType`],
  maxSize: [`${CORE}maxSize`],
  supportLink: [`${CORE}questionnaire-supportHyperlink`, `${CORE}questionnaire-supportLink`],
  markdown: [`${CORE}rendering-markdown`],
  xhtml: [`${CORE}rendering-xhtml`],
} as const;

type Name = keyof typeof URLS;
interface Extended {
  readonly extension?: readonly Extension[] | undefined;
}

export function shownBy(holder: Extended | undefined, name: Name): readonly Extension[] {
  const urls: readonly string[] = URLS[name];
  return Array.isArray(holder?.extension) ? holder.extension.filter((extension) => urls.includes(extension?.url)) : [];
}

/** The code of an extension's first coding, or its code. */
export function codeOf(holder: Extended | undefined, name: Name): string | undefined {
  const [first] = shownBy(holder, name);
  const code: unknown = first?.valueCodeableConcept?.coding?.[0]?.code ?? first?.valueCode ?? first?.valueCoding?.code;
  return typeof code === 'string' ? code : undefined;
}

export const isSet = (holder: Extended | undefined, name: Name): boolean => shownBy(holder, name)[0]?.valueBoolean === true;

export const controlOf = ({ definition }: Pick<PlanItem, 'definition'>): string | undefined => codeOf(definition, 'itemControl');

/** Texts beside a question that are no question: shown in places of their own. https://hl7.org/fhir/R4/valueset-questionnaire-item-control.html */
export const ASIDES: readonly string[] = ['help', 'prompt', 'unit', 'lower', 'upper', 'flyover', 'legal'];

/** Texts of one kind that hang below a question or a group. */
export const asides = (item: PlanItem, kind: string): readonly PlanItem[] =>
  item.children.filter((child) => child.definition.type === 'display' && controlOf(child) === kind);

export const isAside = (item: PlanItem): boolean => item.definition.type === 'display' && ASIDES.includes(controlOf(item) ?? '');

export const isHidden = (item: PlanItem): boolean => isSet(item.definition, 'hidden');

/** Groups whose questions share their answers' columns, or whose repetitions are rows. */
const TABLES: readonly string[] = ['gtable', 'table', 'grid', 'htable'];
export const isTable = (item: PlanItem): boolean => item.definition.type === 'group' && TABLES.includes(controlOf(item) ?? '');

export const isPage = (item: PlanItem): boolean => item.definition.type === 'group' && controlOf(item) === 'page';

/** `random`: in any order; `prior-edit`: back, not ahead; `sequential`: only ahead. */
export function entryModeOf(questionnaire: Questionnaire): 'random' | 'prior-edit' | 'sequential' {
  const code = codeOf(questionnaire, 'entryMode');
  return code === 'sequential' || code === 'prior-edit' ? code : 'random';
}

/** Units that may be chosen, each as a Coding. */
export function unitsOf(item: QuestionnaireItem): readonly Record<string, unknown>[] {
  return [...shownBy(item, 'unit'), ...shownBy(item, 'unitOption')].map(({ valueCoding }) => asRecord(valueCoding));
}
