/** A Questionnaire compiled once: what checking, scoring and rendering read instead of the resource itself. */
import type { Questionnaire, QuestionnaireItem } from 'fhir/r4';

export interface Plan {
  readonly questionnaire: Questionnaire;
  readonly url: string;
  readonly version: string;
  /** Top-level items in order. */
  readonly items: readonly PlanItem[];
  readonly byLinkId: ReadonlyMap<string, PlanItem>;
}

export interface PlanItem {
  readonly linkId: string;
  readonly definition: QuestionnaireItem;
  readonly parent: PlanItem | undefined;
  readonly children: readonly PlanItem[];
  /** Weight (ordinalValue or itemWeight) by `system|code` of the option. */
  readonly weights: ReadonlyMap<string, number>;
}
