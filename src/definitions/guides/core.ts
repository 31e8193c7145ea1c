/**
 * Extensions that go with questionnaires and are younger than R4, or that came before those of the SDC guide. What R4 itself
 * defines is not repeated.
 */
import type { ExtensionRow, Part, Value } from './row.ts';
import { SDC_EXTENSION, SDC_EXTENSIONS } from './sdc.ts';

const CORE = 'http://hl7.org/fhir/StructureDefinition/';
const LATER = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-';

/** https://hl7.org/fhir/extensions/5.2.0/ */
export const CORE_VERSION = '5.2.0';
export const LATER_VERSION = '5.0.0';
/** https://hl7.org/fhir/uv/application-feature/ */
export const FEATURE_VERSION = '1.0.0';

const of = (...types: string[]): Value => ({ types });
const once = (value: Value): Part => ({ min: 1, max: 1, value });
const maybe = (value: Value): Part => ({ min: 0, max: 1, value });
const any = (value: Value): Part => ({ min: 0, max: '*', value });

const CONSTRAINED = [
  'ActivityDefinition',
  'ActivityDefinition.participant',
  'ActivityDefinition.dosage',
  'Library.parameter',
  'Measure',
  'Measure.group',
  'Measure.group.population',
  'Measure.group.stratifier',
  'Measure.supplementalData',
  'PlanDefinition',
  'PlanDefinition.goal',
  'PlanDefinition.goal.target',
  'PlanDefinition.action',
  'Questionnaire',
  'Questionnaire.item',
];

/** Where R4 allows ordinalValue besides; later versions have a property in its place, which R4 has not. https://hl7.org/fhir/R4/extension-ordinalvalue.html */
const WEIGHED_IN_R4 = ['CodeSystem.concept', 'ValueSet.compose.include.concept'];

export const CORE_EXTENSIONS: readonly ExtensionRow[] = [
  {
    url: `${CORE}itemWeight`,
    title: 'Item weight',
    means: 'What a code or an answer counts in a score: the later name of ordinalValue.',
    on: ['Coding', 'Questionnaire.item.answerOption', ...WEIGHED_IN_R4],
    max: 1,
    value: of('decimal'),
  },
  {
    url: `${CORE}targetConstraint`,
    title: 'Target constraint',
    means: 'What must hold of the resources that are made by the definition: of the answers to a form.',
    on: CONSTRAINED,
    max: '*',
    parts: {
      key: once(of('id')),
      requirements: maybe(of('markdown')),
      severity: once({ types: ['code'], binding: ['required', 'http://hl7.org/fhir/ValueSet/constraint-severity'] }),
      expression: once(of('Expression')),
      human: once(of('string')),
      location: any(of('string')),
    },
  },
  {
    url: `${CORE}preferredTerminologyServer`,
    title: 'Preferred terminology server',
    means: 'A server that can list the value sets here and below.',
    on: ['Element'],
    max: '*',
    value: of('url'),
  },
  {
    url: `${CORE}questionnaire-derivationType`,
    title: 'Kind of derivation',
    means: 'How a form goes back to the one it is derived from.',
    on: ['Questionnaire.derivedFrom'],
    max: 1,
    value: of('Coding'),
  },
  {
    url: `${CORE}artifact-versionAlgorithm`,
    title: 'Order of versions',
    means: 'By which rule one version is newer than another.',
    on: ['Element'],
    max: 1,
    value: of('string', 'Coding'),
  },
  {
    url: `${CORE}elementdefinition-type-must-support`,
    title: 'Type that must be supported',
    means: 'Which of several types, profiles or targets must be supported.',
    on: ['ElementDefinition.type', 'ElementDefinition.type.profile', 'ElementDefinition.type.targetProfile'],
    max: 1,
    value: of('boolean'),
  },
];

/** Elements that R5 gives Questionnaire, in the form of R4. https://hl7.org/fhir/R5/versions.html#extensions */
export const LATER_EXTENSIONS: readonly ExtensionRow[] = [
  {
    url: `${LATER}Questionnaire.versionAlgorithm[x]`,
    title: 'Order of versions',
    means: 'By which rule one version of the form is newer than another.',
    on: ['Questionnaire'],
    max: 1,
    value: of('string', 'Coding'),
  },
  {
    url: `${LATER}Questionnaire.copyrightLabel`,
    title: 'Copyright label',
    means: 'Who holds the rights, in short.',
    on: ['Questionnaire'],
    max: 1,
    value: of('string'),
  },
  {
    url: `${LATER}Questionnaire.item.disabledDisplay`,
    title: 'Display while disabled',
    means: 'Whether an item that is not asked is hidden or shown as such.',
    on: ['Questionnaire.item'],
    max: 1,
    value: of('code'),
  },
  {
    url: `${LATER}Questionnaire.item.answerConstraint`,
    title: 'Answer constraint',
    means: 'Whether answers beyond the options may be given.',
    on: ['Questionnaire.item'],
    max: 1,
    value: of('code'),
  },
];

/** The release names the resources alone, the ballot before it the parts of a server's statement; a feature of one resource type stands there. */
export const FEATURE_EXTENSIONS: readonly ExtensionRow[] = [
  {
    url: 'http://hl7.org/fhir/uv/application-feature/StructureDefinition/feature',
    title: 'Feature',
    means: 'What a system can do beyond what the resource says.',
    on: [
      'CapabilityStatement',
      'CapabilityStatement.rest',
      'CapabilityStatement.rest.security',
      'CapabilityStatement.rest.resource',
      'TerminologyCapabilities',
    ],
    max: '*',
    parts: { definition: once(of('canonical')), context: any(of()), value: any(of()) },
  },
];

/** Extensions of the SDC guide by the names that they had before it had a place of its own; forms in use still carry them. */
export const FORMER_EXTENSIONS: readonly ExtensionRow[] = ['observationLinkPeriod', 'observationExtract', 'sourceStructureMap', 'targetStructureMap'].flatMap(
  (name) =>
    SDC_EXTENSIONS.filter(({ url }) => url === `${SDC_EXTENSION}sdc-questionnaire-${name}`).map((row) => ({
      ...row,
      url: `${CORE}questionnaire-${name}`,
      status: 'retired' as const,
    })),
);
