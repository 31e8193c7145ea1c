/**
 * The extensions of HL7's Structured Data Capture guide 4.0.0 (https://hl7.org/fhir/uv/sdc/STU4/artifacts.html): where each may stand,
 * how often, and what it holds. Where 3.0.0 allows more, that is allowed too.
 */
import type { ExtensionRow, Part, Value } from './row.ts';
import { LAUNCH_CONTEXT } from './terms.ts';

export const SDC_VERSION = '4.0.0';
export const SDC_EXTENSION = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/';
const SDC_VALUE_SET = 'http://hl7.org/fhir/uv/sdc/ValueSet/';
const RESOURCE_TYPES = 'http://hl7.org/fhir/ValueSet/resource-types';

const FORM = ['Questionnaire'];
const ITEM = ['Questionnaire.item', 'ElementDefinition'];
const FORM_OR_ITEM = ['Questionnaire', ...ITEM];

const of = (...types: string[]): Value => ({ types });
const to = (type: 'canonical' | 'Reference', ...targets: string[]): Value => ({ types: [type], targets });
const ANYTHING = of();
const EXPRESSION = of('Expression');
const once = (value: Value): Part => ({ min: 1, max: 1, value });
const maybe = (value: Value): Part => ({ min: 0, max: 1, value });
const some = (value: Value): Part => ({ min: 1, max: '*', value });

/** FHIRPath for what goes with an extracted resource into its entry of the transaction. */
const ENTRY_PARTS = {
  fullUrl: maybe(of('string')),
  ifNoneMatch: maybe(of('string')),
  ifModifiedSince: maybe(of('string')),
  ifMatch: maybe(of('string')),
  ifNoneExist: maybe(of('string')),
};

/** What each of the standard launch contexts may be; `clinical` may be anything. */
const LAUNCH_TYPES = {
  patient: ['Patient'],
  user: ['Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson', 'Organization', 'Device'],
  encounter: ['Encounter'],
  location: ['Location'],
  study: ['ResearchStudy'],
};

const launchTypeHolds = ([name, types]: [string, readonly string[]]): string =>
  `(extension('name').value.where(system = '${LAUNCH_CONTEXT}' and code = '${name}').exists() implies extension('type').all(${types.map((type) => `value = '${type}'`).join(' or ')}))`;

type Named = ExtensionRow extends infer Row ? (Row extends ExtensionRow ? Omit<Row, 'url'> & { readonly name: string } : never) : never;

const ROWS: readonly Named[] = [
  // What a form shows and takes
  {
    name: 'sdc-questionnaire-choiceColumn',
    title: 'Choice column',
    means: 'A column of a list of choices.',
    on: ITEM,
    max: '*',
    parts: { path: once(of('string')), label: maybe(of('string')), width: maybe(of('Quantity')), forDisplay: maybe(of('boolean')) },
  },
  {
    name: 'sdc-questionnaire-collapsible',
    title: 'Collapsible',
    means: 'The items below can be folded away.',
    on: ITEM,
    max: 1,
    value: { types: ['code'], binding: ['required', `${SDC_VALUE_SET}collapsible`] },
  },
  { name: 'sdc-questionnaire-columnCount', title: 'Columns', means: 'In how many columns the choices stand.', on: ITEM, max: 1, value: of('positiveInt') },
  {
    name: 'sdc-questionnaire-entryMode',
    title: 'Entry mode',
    means: 'In which order questions are shown and answers can be changed.',
    on: FORM,
    max: 1,
    value: { types: ['code'], binding: ['required', `${SDC_VALUE_SET}entryMode`] },
  },
  {
    name: 'sdc-questionnaire-itemMedia',
    title: 'Media of an item',
    means: 'A picture, sound or film that goes with a question.',
    on: ['Questionnaire.item', 'QuestionnaireResponse.item', 'ElementDefinition'],
    max: 1,
    value: of('Attachment'),
  },
  {
    name: 'sdc-questionnaire-itemAnswerMedia',
    title: 'Media of an answer',
    means: 'A picture, sound or film that goes with an answer.',
    on: ['Questionnaire.item.answerOption', 'QuestionnaireResponse.item.answer'],
    max: 1,
    value: of('Attachment'),
  },
  {
    name: 'sdc-questionnaire-keyboard',
    title: 'Keyboard',
    means: 'The kind of keyboard that suits the answer.',
    on: ITEM,
    max: 1,
    value: { types: ['Coding'], binding: ['extensible', `${SDC_VALUE_SET}keyboardType`] },
  },
  {
    name: 'sdc-questionnaire-lookupQuestionnaire',
    title: 'Lookup questionnaire',
    means: 'The form by which what is referred to can be made.',
    on: ITEM,
    max: 1,
    value: to('canonical', 'Questionnaire'),
  },
  {
    name: 'sdc-questionnaire-openLabel',
    title: 'Label of the open choice',
    means: 'What stands beside the field for a text of one’s own.',
    on: ITEM,
    max: 1,
    value: of('string'),
  },
  {
    name: 'sdc-questionnaire-optionalDisplay',
    title: 'Optional display',
    means: 'Derived forms may leave the item out.',
    on: ['Questionnaire.item'],
    max: 1,
    value: of('boolean'),
  },
  { name: 'sdc-questionnaire-shortText', title: 'Short text', means: 'A shorter text for small screens.', on: ITEM, max: 1, value: of('string') },
  { name: 'sdc-questionnaire-width', title: 'Width', means: 'How wide the column of the question is.', on: ITEM, max: 1, value: of('Quantity') },
  {
    name: 'sdc-rendering-criticalExtension',
    title: 'Extension that rendering depends on',
    means: 'The resource must not be shown for entry by what does not support the extension named.',
    on: ['Resource'],
    max: '*',
    isModifier: true,
    value: of('canonical'),
  },

  // What an answer may be
  {
    name: 'sdc-questionnaire-minQuantity',
    title: 'Least quantity',
    means: 'The least quantity that may be answered.',
    on: ITEM,
    max: 1,
    value: of('Quantity'),
  },
  {
    name: 'sdc-questionnaire-maxQuantity',
    title: 'Greatest quantity',
    means: 'The greatest quantity that may be answered.',
    on: ITEM,
    max: 1,
    value: of('Quantity'),
  },
  {
    name: 'sdc-questionnaire-unitOpen',
    title: 'Units open',
    means: 'Whether units beyond those listed may be given.',
    on: ITEM,
    max: 1,
    value: { types: ['code'], binding: ['required', `${SDC_VALUE_SET}questionnaire-answer-constraint`] },
  },
  {
    name: 'sdc-questionnaire-unitSupplementalSystem',
    title: 'System of other units',
    means: 'The code system of units beyond those listed.',
    on: ITEM,
    max: 1,
    value: of('canonical'),
  },
  { name: 'sdc-questionnaire-isSubject', title: 'Is subject', means: 'The answer names the subject of its group.', on: ITEM, max: 1, value: of('boolean') },
  {
    name: 'sdc-questionnaireresponse-isSubject',
    title: 'Is subject, in an answer',
    means: 'The answer names the subject of its group.',
    on: ['QuestionnaireResponse.item'],
    max: 1,
    value: of('boolean'),
  },
  {
    name: 'sdc-questionnaire-preferredTerminologyServer',
    title: 'Preferred terminology server',
    means: 'A server that can list the value sets of the form.',
    on: FORM_OR_ITEM,
    max: '*',
    value: of('url'),
  },

  // Expressions
  {
    name: 'sdc-questionnaire-answerExpression',
    title: 'Answer expression',
    means: 'Finds the answers that may be chosen.',
    on: ITEM,
    max: 1,
    value: EXPRESSION,
  },
  {
    name: 'sdc-questionnaire-answerOptionsToggleExpression',
    title: 'Answer options toggle expression',
    means: 'Says when options may be chosen.',
    on: ITEM,
    max: '*',
    parts: { option: some(ANYTHING), expression: once(EXPRESSION) },
  },
  {
    name: 'sdc-questionnaire-calculatedExpression',
    title: 'Calculated expression',
    means: 'Works out the answer from others.',
    on: ITEM,
    max: 1,
    value: EXPRESSION,
  },
  { name: 'sdc-questionnaire-candidateExpression', title: 'Candidate expression', means: 'Finds answers to offer.', on: ITEM, max: 1, value: EXPRESSION },
  {
    name: 'sdc-questionnaire-contextExpression',
    title: 'Context expression',
    means: 'Finds what helps to answer.',
    on: ITEM,
    max: '*',
    parts: { label: once(of('string')), expression: once(EXPRESSION) },
  },
  {
    name: 'sdc-questionnaire-enableWhenExpression',
    title: 'Enable when expression',
    means: 'Says when the item is asked.',
    on: ITEM,
    max: 1,
    value: {
      types: ['Expression'],
      invariant: { key: 'sdc-inv1', human: 'A FHIR query cannot say when an item is asked', expression: "language != 'application/x-fhir-query'" },
    },
  },
  {
    name: 'sdc-questionnaire-initialExpression',
    title: 'Initial expression',
    means: 'Finds the answer that the form begins with.',
    on: ITEM,
    max: 1,
    value: EXPRESSION,
  },
  {
    name: 'sdc-referencesContained',
    title: 'Refers to a contained resource',
    means: 'An expression here speaks of the contained resource.',
    on: ['Element'],
    max: 1,
    value: of('Reference'),
  },

  // Filling in
  {
    name: 'sdc-questionnaire-launchContext',
    title: 'Launch context',
    means: 'A resource that the form is opened with.',
    on: FORM,
    max: '*',
    parts: {
      name: once({ types: ['Coding'], binding: ['extensible', `${SDC_VALUE_SET}launchContext`] }),
      type: some({ types: ['code'], binding: ['required', RESOURCE_TYPES] }),
      description: maybe(of('string')),
      multiplesAllowed: maybe(of('boolean')),
    },
    invariant: {
      key: 'sdc-lcext-1',
      human: 'A standard launch context is of the types that its name allows',
      expression: Object.entries(LAUNCH_TYPES).map(launchTypeHolds).join(' and '),
    },
  },
  {
    name: 'sdc-questionnaire-itemPopulationContext',
    title: 'Item population context',
    means: 'Finds the resources that the items below are filled in from.',
    on: FORM_OR_ITEM,
    max: 1,
    value: EXPRESSION,
  },
  {
    name: 'sdc-questionnaire-observationLinkPeriod',
    title: 'Observation link period',
    means: 'How far back an observation may lie to be the answer.',
    on: ITEM,
    max: 1,
    value: of('Duration'),
  },
  {
    name: 'sdc-questionnaire-sourceQueries',
    title: 'Source queries',
    means: 'A batch whose results the form is filled in from.',
    on: FORM,
    max: 1,
    value: to('Reference', 'Bundle'),
  },
  {
    name: 'sdc-questionnaire-sourceStructureMap',
    title: 'Source structure map',
    means: 'A map that makes answers to the form.',
    on: FORM,
    max: 1,
    value: to('canonical', 'StructureMap'),
  },

  // Handing on, and taking out
  { name: 'sdc-questionnaire-endpoint', title: 'Endpoint', means: 'Where answers are sent.', on: FORM, max: '*', value: of('uri') },
  {
    name: 'sdc-questionnaire-performerType',
    title: 'Performer type',
    means: 'Who may answer.',
    on: FORM,
    max: '*',
    value: { types: ['code'], binding: ['required', `${SDC_VALUE_SET}performerType`] },
  },
  {
    name: 'sdc-questionnaire-targetStructureMap',
    title: 'Target structure map',
    means: 'A map that makes resources of answers.',
    on: FORM,
    max: '*',
    value: to('canonical', 'StructureMap'),
  },
  {
    name: 'sdc-questionnaire-observationExtract',
    title: 'Extract observation',
    means: 'Answers become observations, by themselves or as parts of the one above.',
    on: [...FORM_OR_ITEM, 'Questionnaire.item.code'],
    max: 1,
    value: { types: ['boolean', 'code'], binding: ['required', `${SDC_VALUE_SET}observation-extract-relationship`] },
  },
  {
    name: 'sdc-questionnaire-observation-extract-category',
    title: 'Category of observations',
    means: 'The category of the observations.',
    on: FORM_OR_ITEM,
    max: '*',
    value: of('CodeableConcept'),
  },
  {
    name: 'sdc-questionnaire-observationExtractEntry',
    title: 'Entry of observations',
    means: 'How the observations stand in the transaction.',
    on: ['Questionnaire', 'Questionnaire.item'],
    max: '*',
    parts: { ...ENTRY_PARTS, resourceId: maybe(of('string')) },
  },
  {
    name: 'sdc-questionnaire-definitionExtract',
    title: 'Extract by definition',
    means: 'The type or profile of the resource that answers become.',
    on: FORM_OR_ITEM,
    max: '*',
    parts: { definition: once(of('canonical')), ...ENTRY_PARTS },
  },
  {
    name: 'sdc-questionnaire-definitionExtractValue',
    title: 'Value of an extract by definition',
    means: 'A value that the resource has besides what is answered.',
    on: FORM_OR_ITEM,
    max: '*',
    parts: { definition: once(of('uri')), expression: maybe(EXPRESSION), 'fixed-value': maybe(ANYTHING) },
  },
  {
    name: 'sdc-questionnaire-extractAllocateId',
    title: 'Allocate an id',
    means: 'A variable that holds a new UUID.',
    on: FORM_OR_ITEM,
    max: '*',
    value: of('string'),
  },
  {
    name: 'sdc-questionnaire-itemExtractionContext',
    title: 'Item extraction context',
    means: 'The resource that answers become: the older form of definitionExtract.',
    on: FORM_OR_ITEM,
    max: 1,
    value: { types: ['Expression', 'code'], binding: ['required', RESOURCE_TYPES] },
  },
  {
    name: 'sdc-questionnaire-templateExtract',
    title: 'Extract by template',
    means: 'The contained resource that is filled in with answers.',
    on: ['Questionnaire', 'Questionnaire.item'],
    max: '*',
    parts: { template: once(of('Reference')), ...ENTRY_PARTS, resourceId: maybe(of('string')) },
  },
  {
    name: 'sdc-questionnaire-templateExtractBundle',
    title: 'Extract by a template of a Bundle',
    means: 'The contained transaction that is filled in with answers.',
    on: FORM,
    max: 1,
    value: to('Reference', 'Bundle'),
  },
  {
    name: 'sdc-questionnaire-templateExtractContext',
    title: 'Context in a template',
    means: 'What the expressions below start from.',
    on: ['Element'],
    max: 1,
    value: of('Expression', 'string'),
  },
  {
    name: 'sdc-questionnaire-templateExtractValue',
    title: 'Value in a template',
    means: 'FHIRPath for what takes the place of the value.',
    on: ['Element'],
    max: 1,
    value: of('string'),
  },

  // Forms made of forms, forms asked step by step
  {
    name: 'sdc-questionnaire-assembleContext',
    title: 'Assemble context',
    means: 'A variable that the form needs from the one it is put into.',
    on: FORM,
    max: '*',
    value: of('string'),
  },
  {
    name: 'sdc-questionnaire-assembleDefinitionRoot',
    title: 'Root of definitions',
    means: 'The definitions that assembling draws on; false for none.',
    on: ['Questionnaire', 'Questionnaire.item'],
    max: 1,
    value: of('uri', 'boolean'),
  },
  {
    name: 'sdc-questionnaire-assemble-expectation',
    title: 'Assemble expectation',
    means: 'Whether the form is to be assembled, and into what.',
    on: FORM,
    max: 1,
    value: { types: ['code'], binding: ['required', `${SDC_VALUE_SET}assemble-expectation`] },
  },
  {
    name: 'sdc-questionnaire-assembledFrom',
    title: 'Assembled from',
    means: 'A form that this one was assembled from.',
    on: FORM,
    max: '*',
    value: of('canonical'),
  },
  {
    name: 'sdc-questionnaire-subQuestionnaire',
    title: 'Sub-questionnaire',
    means: 'The form that takes the place of the item.',
    on: ITEM,
    max: 1,
    value: of('canonical'),
  },
  {
    name: 'sdc-questionnaire-questionnaireAdaptive',
    title: 'Adaptive',
    means: 'Each next question is asked of a server.',
    on: FORM,
    max: '*',
    value: of('boolean', 'url'),
  },
  {
    name: 'sdc-servicerequest-questionnaire',
    title: 'Questionnaire of a request',
    means: 'The form that is to be filled in.',
    on: ['ServiceRequest'],
    max: '*',
    value: to('canonical', 'Questionnaire'),
  },
];

export const SDC_EXTENSIONS: readonly ExtensionRow[] = ROWS.map(({ name, ...row }) => ({ ...row, url: `${SDC_EXTENSION}${name}` }));
