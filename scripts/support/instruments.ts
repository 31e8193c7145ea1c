import { readFileSync } from 'node:fs';
import type { Questionnaire } from 'fhir/r4';

/** The Questionnaire in an instrument's folder. */
export const questionnaireOf = (name: string): Questionnaire =>
  JSON.parse(readFileSync(new URL(`../../questionnaires/${name}/questionnaire.json`, import.meta.url), 'utf8'));
