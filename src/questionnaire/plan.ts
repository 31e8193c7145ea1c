/** A Questionnaire compiled once: what checking, scoring and rendering read instead of the resource itself. */
import type { Questionnaire, QuestionnaireItem, QuestionnaireItemEnableWhen } from 'fhir/r4';

export interface Plan {
  readonly questionnaire: Questionnaire;
  readonly url: string;
  readonly version: string;
  /** Top-level items in order. */
  readonly items: readonly PlanItem[];
  readonly byLinkId: ReadonlyMap<string, PlanItem>;
  /** All items, each after its parent and after the questions that its enableWhen asks. */
  readonly order: readonly PlanItem[];
}

export interface PlanItem {
  readonly linkId: string;
  readonly definition: QuestionnaireItem;
  readonly parent: PlanItem | undefined;
  readonly children: readonly PlanItem[];
  readonly conditions: readonly QuestionnaireItemEnableWhen[];
  /** Whether one condition suffices or all must hold. */
  readonly behavior: 'any' | 'all';
  /** Every answer allowed, by `optionKey`, with the words to show; undefined where any is, or where the value set cannot be listed here. */
  readonly options: ReadonlyMap<string, string> | undefined;
  /** Options that may not be chosen beside another. */
  readonly exclusive: ReadonlySet<string>;
  /** What a coded choice is called in the questionnaire itself, by `optionKey`. */
  readonly displays: ReadonlyMap<string, string>;
  /** Weight (ordinalValue or itemWeight) by `optionKey`: `system|code` for a Coding. */
  readonly weights: ReadonlyMap<string, number>;
}

/** How a message names an item: its linkId, and its text where that is short. */
export function nameOf(item: PlanItem): string {
  const text = item.definition.text;
  return text !== undefined && text.length <= 60 ? `'${item.linkId}' (${text})` : `'${item.linkId}'`;
}
