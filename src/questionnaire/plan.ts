/** A Questionnaire compiled once: what checking, scoring, filling in and rendering read instead of the resource itself. */
import type { Coding, Questionnaire, QuestionnaireItem, QuestionnaireItemEnableWhen, ValueSet } from 'fhir/r4';
import type { Terms } from './terms.ts';
import type { Value, ValueType } from './value.ts';

export interface Plan {
  readonly questionnaire: Questionnaire;
  readonly url: string;
  readonly version: string;
  /** Top-level items in order. */
  readonly items: readonly PlanItem[];
  readonly byLinkId: ReadonlyMap<string, PlanItem>;
  /** All items, each after its parent and after the questions on which it depends whether it is enabled. */
  readonly order: readonly PlanItem[];
  /** What to work out, each after what it depends on: whether an item is enabled, and what a calculated one says. */
  readonly steps: readonly Step[];
  /** Of the questionnaire as a whole: known to every item. */
  readonly variables: readonly PlanExpression[];
  readonly launchContexts: readonly LaunchContext[];
  /** Variables that a questionnaire takes from the one it is built into. https://hl7.org/fhir/uv/sdc/modular.html */
  readonly assembleContexts: readonly string[];
  readonly constraints: readonly PlanConstraint[];
  /** Value sets inside the questionnaire, by `#id`. */
  readonly contained: ReadonlyMap<string, ValueSet>;
  /** Where checking a response, or saying how a form stands, needs an expression at all. */
  readonly isLive: boolean;
  /** Every expression, for who looks at all of them. */
  readonly expressions: readonly PlanExpression[];
  /** Expressions in a language that is not evaluated here. */
  readonly unsupported: readonly Unsupported[];
  readonly terms: Terms;
}

export interface Step {
  readonly does: 'enable' | 'calculate';
  readonly item: PlanItem;
}

export interface PlanItem {
  readonly linkId: string;
  readonly definition: QuestionnaireItem;
  /** Types of value that answer it; none for a group or display. */
  readonly types: readonly ValueType[];
  /** FHIRPath of the item in the Questionnaire. */
  readonly place: string;
  readonly parent: PlanItem | undefined;
  readonly children: readonly PlanItem[];
  readonly conditions: readonly QuestionnaireItemEnableWhen[];
  /** Whether one condition suffices or all must hold. */
  readonly behavior: 'any' | 'all';
  /** Every answer allowed, by `optionKey`, with the words to show; undefined where any is, or where `valueSet` says which. */
  readonly options: ReadonlyMap<string, string> | undefined;
  /** The options as values, in order, of the item's own list or a contained value set. */
  readonly choices: readonly Choice[];
  /** Where the answers come from a value set that the questionnaire does not list itself. */
  readonly valueSet: ValueSet | string | undefined;
  /** Options that may not be chosen beside another. */
  readonly exclusive: ReadonlySet<string>;
  /** What a coded choice is called in the questionnaire itself, by `optionKey`. */
  readonly displays: ReadonlyMap<string, string>;
  /** Weight (ordinalValue or itemWeight) by `optionKey`: `system|code` for a Coding. */
  readonly weights: ReadonlyMap<string, number>;
  /** Options that are offered only while an expression holds. */
  readonly toggles: readonly Toggle[];
  readonly variables: readonly PlanExpression[];
  readonly constraints: readonly PlanConstraint[];
  /** By what they are for. */
  readonly expressions: Readonly<Partial<Record<ItemExpression, PlanExpression>>>;
  /** What an answer may be, as far as no expression says it. */
  readonly fixed: InForce;
  /** Never shown. */
  readonly hidden: boolean;
  /** Codes of the control to show, `slider`, `help` …: https://hl7.org/fhir/R4/valueset-questionnaire-item-control.html */
  readonly controls: readonly string[];
  /** The answer, a reference, is what the other answers of the group are about. */
  readonly isSubject: boolean;
  readonly units: Units;
}

export interface Choice {
  readonly key: string;
  readonly value: Value;
  /** Words to show. */
  readonly words: string;
}

/** What is asked of the answers to an item at one place of a response, at this moment. */
export interface InForce {
  readonly text: string | undefined;
  readonly required: boolean;
  readonly readOnly: boolean;
  readonly repeats: boolean;
  /** 0 where not required; Infinity without a limit. https://hl7.org/fhir/R4/extension-questionnaire-minoccurs.html: counts only with required, maxOccurs only with repeats. */
  readonly minOccurs: number;
  readonly maxOccurs: number;
  readonly limits: Limits;
}

export interface Limits {
  readonly minValue: Value | undefined;
  readonly maxValue: Value | undefined;
  /** In characters (code points). */
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly maxDecimalPlaces: number | undefined;
  /** In megabytes, as the extension has it. https://hl7.org/fhir/R4/extension-maxsize.html */
  readonly maxSize: number | undefined;
  /** Empty: any. */
  readonly mimeTypes: readonly string[];
  readonly regex: string | undefined;
  /** Types that a reference may lead to. Empty: any. */
  readonly referenceTypes: readonly string[];
}

export interface Units {
  /** Empty: any. */
  readonly codings: readonly Coding[];
  readonly valueSet: string | undefined;
  /** Other units may be given: as words, or codes of `supplementalSystem`. https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-unitOpen.html */
  readonly open: 'optionsOnly' | 'optionsOrString' | 'optionsOrType';
  /** The code system that other units may come from; undefined: any. */
  readonly supplementalSystem: string | undefined;
}

/** What an expression of an item is for. `contextExpression` shows what helps to answer; `populationContext` repeats the item for each of its values. */
export type ItemExpression = (typeof ITEM_EXPRESSIONS)[number] | 'text' | 'required' | 'readOnly' | LimitExpression;

/** What is in force for an item, as far as expressions say it: its words, whether it is needed, its limits. */
export const IN_FORCE_EXPRESSIONS: readonly ItemExpression[] = [
  'text',
  'required',
  'readOnly',
  'minOccurs',
  'maxOccurs',
  'minValue',
  'maxValue',
  'minLength',
  'maxLength',
  'maxDecimalPlaces',
  'maxSize',
];

export const ITEM_EXPRESSIONS = [
  'initialExpression',
  'calculatedExpression',
  'enableWhenExpression',
  'answerExpression',
  'candidateExpression',
  'contextExpression',
  'itemPopulationContext',
] as const;

export type LimitExpression = (typeof LIMIT_EXPRESSIONS)[number];

export const LIMIT_EXPRESSIONS = ['minOccurs', 'maxOccurs', 'minValue', 'maxValue', 'minLength', 'maxLength', 'maxDecimalPlaces', 'maxSize'] as const;

export interface PlanExpression {
  readonly kind: ItemExpression | 'variable' | 'constraint' | 'answerOptionsToggleExpression';
  readonly language: 'text/fhirpath' | 'application/x-fhir-query';
  readonly text: string;
  /** FHIRPath of the expression in the Questionnaire. */
  readonly place: string;
  /** At whose occurrences it is evaluated; undefined: for the response as a whole. */
  readonly item: PlanItem | undefined;
  /** Of a variable, and of a population context that is named. */
  readonly name: string | undefined;
  /** The `%names` in it. */
  readonly uses: ReadonlySet<string>;
  /** The questions whose answers it reads, its variables included. */
  readonly reads: Reads;
}

export interface Reads {
  readonly linkIds: ReadonlySet<string>;
  /** It reads answers without saying of which questions. */
  readonly anything: boolean;
}

export interface LaunchContext {
  readonly name: string;
  /** Resource types that it may be. */
  readonly types: readonly string[];
  readonly description: string | undefined;
}

export interface PlanConstraint {
  readonly key: string;
  readonly severity: 'error' | 'warning';
  /** What is wrong where it does not hold. */
  readonly human: string;
  readonly expression: PlanExpression;
}

export interface Toggle {
  /** By `optionKey`. */
  readonly options: ReadonlySet<string>;
  readonly when: PlanExpression;
}

export interface Unsupported {
  readonly kind: PlanExpression['kind'];
  readonly language: string;
  readonly place: string;
}

/** How a message names an item: its linkId, and its text where that is short. */
export function nameOf(item: PlanItem): string {
  const text = item.definition.text;
  return text !== undefined && text.length <= 60 ? `'${item.linkId}' (${text})` : `'${item.linkId}'`;
}
