/** How a questionnaire asks to be shown. https://hl7.org/fhir/uv/sdc/rendering.html */
import type { Extension, Questionnaire } from 'fhir/r4';
import type { PlanItem } from '../../questionnaire/plan.ts';

const CORE = 'http://hl7.org/fhir/StructureDefinition/';
const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-';

/** Newer and older spellings side by side. */
const URLS = {
  choiceOrientation: [`${CORE}questionnaire-choiceOrientation`],
  sliderStep: [`${CORE}questionnaire-sliderStepValue`],
  displayCategory: [`${CORE}questionnaire-displayCategory`],
  optionPrefix: [`${CORE}questionnaire-optionPrefix`],
  openLabel: [`${SDC}openLabel`],
  itemMedia: [`${SDC}itemMedia`],
  answerMedia: [`${SDC}itemAnswerMedia`],
  keyboard: [`${SDC}keyboard`],
  entryMode: [`${SDC}entryMode`],
  entryFormat: [`${CORE}entryFormat`],
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

export const controlOf = ({ controls }: PlanItem): string | undefined => controls[0];

/** Texts beside a question that are no question: shown in places of their own. https://hl7.org/fhir/R4/valueset-questionnaire-item-control.html */
const ASIDES: readonly string[] = ['help', 'prompt', 'unit', 'lower', 'upper', 'flyover', 'legal'];

/** Texts of one kind that hang below a question or a group. */
export const asides = (item: PlanItem, kind: string): readonly PlanItem[] =>
  item.children.filter((child) => child.definition.type === 'display' && controlOf(child) === kind);

export const isAside = (item: PlanItem): boolean => item.definition.type === 'display' && ASIDES.includes(controlOf(item) ?? '');

/** Groups whose questions share their answers' columns, or whose repetitions are rows. */
const TABLES: readonly string[] = ['gtable', 'table', 'grid', 'htable'];
export const isTable = (item: PlanItem): boolean => item.definition.type === 'group' && TABLES.includes(controlOf(item) ?? '');

export const isPage = (item: PlanItem): boolean => item.definition.type === 'group' && controlOf(item) === 'page';

/** `random`: in any order; `prior-edit`: back, not ahead; `sequential`: only ahead. */
export function entryModeOf(questionnaire: Questionnaire): 'random' | 'prior-edit' | 'sequential' {
  const code = codeOf(questionnaire, 'entryMode');
  return code === 'sequential' || code === 'prior-edit' ? code : 'random';
}
