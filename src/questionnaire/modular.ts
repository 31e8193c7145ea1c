/** Questionnaires that are meant to be built together from several. https://hl7.org/fhir/uv/sdc/modular.html */
import type { Questionnaire } from 'fhir/r4';
import { extensionTexts } from './extension.ts';

/** It cannot work before it is assembled, and need not: what it lacks may come from the others. */
export const isModular = (questionnaire: Questionnaire): boolean =>
  extensionTexts(questionnaire, 'assembleExpectation').some((code) => code.startsWith('assemble'));
