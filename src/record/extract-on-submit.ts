/**
 * What answers lead to besides scores, where their Questionnaire says `extract-on-submit`: staged with the answer, so that
 * both are stored in one transaction. Which resource an answer led to is kept, so that an amended answer changes it instead
 * of making another, and a withdrawn one withdraws it.
 *
 * Observations made of the answers themselves, about the answer's own subject, are the system's work, as scores are. All
 * else (definitions, templates, other subjects) is what the author of the form has the caller write, and is judged under
 * the caller's permit: a form cannot reach further than who fills it in. What cannot be stored never holds up the answer:
 * it is told, and becomes work for people.
 */
import type { BundleEntry, Observation, Provenance, QuestionnaireResponse } from 'fhir/r4';
import { everythingAs } from '../access/permit.ts';
import type { Registry } from '../definitions/registry.ts';
import { FhirError, type Issue } from '../fhir/outcome.ts';
import type { Ref, Resource } from '../fhir/resource.ts';
import { refOf } from '../fhir/resource.ts';
import { deadlineFrom } from '../pro/deadline.ts';
import { RULE_ENGINE } from '../pro/forms.ts';
import { attentionTask, provenanceOf } from '../pro/resources.ts';
import type { Extracted } from '../questionnaire/extract/entry.ts';
import { extract, extractsOnSubmit } from '../questionnaire/extract/extract.ts';
import type { Row, Store } from '../store/store.ts';
import type { Answer } from './answers.ts';
import { type Checks, checkSteps } from './check.ts';
import type { DeriveParts } from './derive.ts';
import { guardSteps } from './guard.ts';
import { linkSteps } from './link-steps.ts';
import { type Planning, planOperations, type Step } from './plan.ts';
import type { Commit, Condition, Operation } from './record.ts';
import { isJudged } from './surroundings.ts';

export interface ExtractParts extends Pick<DeriveParts, 'ids' | 'policy' | 'timeZone' | 'trees' | 'onFault'> {
  readonly store: Pick<Store, 'row'>;
  readonly registry: Registry;
  readonly checks: Checks;
  readonly parseCondition: Commit['parseCondition'];
  readonly now: Date;
}

const SYSTEM = everythingAs('PRO Bridge', RULE_ENGINE);
const KIND = 'extracted';

/** What to tell of each answer. */
export async function extractOnSubmit(answers: readonly Answer[], planning: Planning, parts: ExtractParts): Promise<ReadonlyMap<Ref, readonly Issue[]>> {
  const told = new Map<Ref, readonly Issue[]>();
  for (const answer of answers) {
    const row = answer.before === undefined ? undefined : await parts.store.row(KIND, answer.ref);
    const isMeant = answer.plan !== undefined && extractsOnSubmit(answer.plan.questionnaire) && isFinished(answer.response);
    if (!isMeant && (row === undefined || isJudged(answer.response))) continue;
    const extracting: Extracting = { answer, planning, parts, row, before: keptIn(row) };
    told.set(answer.ref, await keepingAnswer(extracting, () => storeFor(extracting, isMeant)));
  }
  return told;
}

const isFinished = (response: QuestionnaireResponse | undefined): response is QuestionnaireResponse =>
  response?.status === 'completed' || response?.status === 'amended';

/** By the key of what was extracted, the resource that it became. */
type Kept = Readonly<Record<string, Ref>>;

const keptIn = (row: Row | undefined): Kept => (row === undefined ? {} : (JSON.parse(row.value) as Kept)); // written here

interface Extracting {
  readonly answer: Answer;
  readonly planning: Planning;
  readonly parts: ExtractParts;
  readonly row: Row | undefined;
  readonly before: Kept;
}

/** Takes back what was staged for it where it fails, and calls people. */
async function keepingAnswer(extracting: Extracting, run: () => Promise<readonly Issue[]>): Promise<readonly Issue[]> {
  const { overlay } = extracting.planning;
  const staged = new Set(overlay.pendingRefs());
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof FhirError)) extracting.parts.onFault(error);
    for (const ref of overlay.pendingRefs()) if (!staged.has(ref)) overlay.unstage(ref);
    const reasons = error instanceof FhirError ? error.issues.map(({ text }) => text).join(' ') : 'Something went wrong in the server.';
    stageTask(extracting, reasons);
    return [{ severity: 'warning', code: 'processing', text: `The answer is stored, but nothing was extracted from it: ${reasons}` }];
  }
}

async function storeFor(extracting: Extracting, isMeant: boolean): Promise<readonly Issue[]> {
  const { answer, planning, parts, row, before } = extracting;
  const { plan, response } = answer;
  const extraction =
    isMeant && plan !== undefined && response !== undefined ? extract(plan, response, { definitions: parts.registry, ids: parts.ids }) : undefined;
  const steps = await stageAll(extraction?.extracted ?? [], extracting);
  const now: Kept = Object.fromEntries(steps.map(({ key, step }) => [key, step.ref ?? '']));
  const withdrawn = await withdraw(
    Object.values(before).filter((ref) => !Object.values(now).includes(ref)),
    extracting,
  );
  const written = steps.filter(({ step }) => step.action !== undefined).map(({ step }) => step.ref ?? '');
  stageProvenance([...written, ...withdrawn.done], extracting);
  planning.overlay.also([{ write: 'row', row: { kind: KIND, key: answer.ref, value: JSON.stringify(now) }, stamp: row?.stamp ?? 0 }], []);
  return [...(extraction?.issues ?? []), ...withdrawn.issues];
}

interface Keyed {
  readonly key: string;
  readonly step: Step;
}

/** The system's own first; each group under its permit. Links among all of them are resolved together. */
async function stageAll(extracted: readonly Extracted[], extracting: Extracting): Promise<Keyed[]> {
  const { planning, parts, answer } = extracting;
  const [own, callers] = [extracted.filter((one) => isOwn(one, answer)), extracted.filter((one) => !isOwn(one, answer))];
  const system: Planning = { ...planning, permit: SYSTEM };
  const ofSystem = await planOperations(
    own.map((one) => operationFor(one, extracting)),
    system,
  );
  const ofCaller = await planOperations(
    callers.map((one) => operationFor(one, extracting)),
    planning,
  );
  const steps = [...ofSystem, ...ofCaller].map((step): Step => ({ ...step, entry: undefined }));
  const operations = steps.map(({ operation }) => operation);
  await linkSteps(steps, { operations, ...(parts.parseCondition !== undefined && { parseCondition: parts.parseCondition }) }, planning);
  await checkSteps(steps.slice(0, own.length), system, parts.checks);
  await checkSteps(steps.slice(own.length), planning, parts.checks);
  await guardSteps(steps, { overlay: planning.overlay, permit: planning.permit, trees: parts.trees });
  return [...own, ...callers].flatMap(({ key }, at) => (steps[at] === undefined ? [] : [{ key, step: steps[at] }]));
}

const isOwn = ({ by, entry }: Extracted, { response }: Answer): boolean =>
  by === 'observation' && entry.request?.method === 'POST' && (entry.resource as Observation).subject?.reference === response?.subject?.reference;

/** What has rules of its own when it is stored is sent by itself, not on the way. */
const NOT_ON_THE_WAY =
  /^(?:Questionnaire|QuestionnaireResponse|StructureDefinition|SearchParameter|OperationDefinition|ValueSet|CodeSystem|ConceptMap|NamingSystem|Consent|Provenance|AuditEvent|Binary)$/;

/** Over what the same question led to before, where it did. */
function operationFor({ key, entry }: Extracted, extracting: Extracting): Operation {
  const { request, fullUrl = '' } = entry;
  const resource = entry.resource as unknown as Resource; // every extracted entry has one
  const type = resource.resourceType;
  if (NOT_ON_THE_WAY.test(type)) throw new FhirError('business-rule', `A ${type} is not stored by extraction; send it by itself.`);
  const known = idIn(Object.hasOwn(extracting.before, key) ? extracting.before[key] : undefined, type);
  const id = request?.method === 'PUT' ? resource.id : known;
  if (id === undefined) return { op: 'create', resource, fullUrl, ...noneExisting(request, type, extracting) };
  if (extracting.planning.overlay.pending(refOf(type, id)) !== undefined) throw new FhirError('conflict', `${type}/${id} is written with the answer already.`);
  const status = type === 'Observation' && known !== undefined ? { status: 'amended' } : {};
  return { op: 'update', id, resource: { ...resource, id, ...status }, fullUrl, ...matching(request) };
}

const idIn = (ref: Ref | undefined, type: string): string | undefined => (ref?.startsWith(`${type}/`) === true ? ref.slice(type.length + 1) : undefined);

function noneExisting(request: BundleEntry['request'], type: string, { parts }: Extracting): { readonly ifNoneExist?: Condition } {
  if (request?.ifNoneExist === undefined) return {};
  if (parts.parseCondition === undefined) throw new FhirError('business-rule', 'A conditional create cannot be carried out here.');
  return { ifNoneExist: parts.parseCondition(type, request.ifNoneExist) };
}

/** `W/"3"` */
function matching(request: BundleEntry['request']): { readonly ifMatch?: number } {
  const version = /^(?:W\/)?"?(\d+)"?$/.exec(request?.ifMatch ?? '')?.[1];
  return version === undefined ? {} : { ifMatch: Number(version) };
}

interface Withdrawn {
  readonly done: readonly Ref[];
  readonly issues: readonly Issue[];
}

/** An answer that is taken back takes back its Observations; what else it led to people must look at. */
async function withdraw(refs: readonly Ref[], { planning: { overlay }, answer }: Extracting): Promise<Withdrawn> {
  const done: Ref[] = [];
  const issues: Issue[] = [];
  for (const ref of refs) {
    const [type = '', id = ''] = ref.split('/');
    const before = await overlay.reader.read(type, id);
    if (before === undefined || before.method === 'delete' || overlay.pending(ref) !== undefined) continue;
    const resource = JSON.parse(before.text) as Resource; // it was validated when it was stored
    if (type !== 'Observation') issues.push(left(ref, answer));
    else if (resource.status !== 'entered-in-error') {
      overlay.stage({ type, id, before, method: 'update', resource: { ...resource, status: 'entered-in-error' } });
      done.push(ref);
    }
  }
  return { done, issues };
}

const left = (ref: Ref, { ref: answer }: Answer): Issue => ({
  severity: 'warning',
  code: 'incomplete',
  text: `${ref} was made from ${answer}, which does not lead to it any more; it stays as it is until somebody changes it.`,
});

function stageProvenance(refs: readonly Ref[], { answer, planning: { overlay }, parts }: Extracting): void {
  const source = `${answer.ref}/_history/${(answer.pending.before?.version ?? 0) + 1}`;
  for (const activity of ['CREATE', 'UPDATE'] as const) {
    const targets = refs.filter((ref) => (overlay.pending(ref)?.before === undefined) === (activity === 'CREATE'));
    if (targets.length > 0) stageNew(provenanceOf({ targets, source, now: parts.now, activity }, parts.ids()), overlay);
  }
}

function stageTask({ answer, planning: { overlay }, parts: { policy, timeZone, ids, now } }: Extracting, note: string): void {
  const { deadline, taskPriority: priority } = policy.tiers.moderate;
  const due = deadlineFrom(now, deadline, policy.workingHours, timeZone);
  const subject = answer.response?.subject?.reference;
  const patient = answer.series?.patient ?? (subject?.startsWith('Patient/') === true ? subject : undefined);
  const description = 'The answers are stored, but what follows from them could not be stored with them.';
  const key = `unextracted|${answer.ref}|${(answer.pending.before?.version ?? 0) + 1}`;
  stageNew(attentionTask({ key, code: 'unextracted-response', patient, focus: answer.ref, description, note, now, due, priority }, ids()), overlay);
}

function stageNew(resource: Provenance | ReturnType<typeof attentionTask>, overlay: Planning['overlay']): void {
  const { resourceType: type, id = '' } = resource;
  overlay.stage({ type, id, before: undefined, method: 'create', resource: resource as unknown as Resource }); // FHIR's own types lack an index signature
}
