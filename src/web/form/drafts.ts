/**
 * Answers that are being given: one draft a patient, questionnaire and author, kept as a response in progress and
 * changed only over the version that was seen. A draft is never scored.
 */
import type { Binary, Questionnaire, QuestionnaireResponse, QuestionnaireResponseItem } from 'fhir/r4';
import { asResource, code, pointsAt, readNow } from '../../exchange/find.ts';
import { FhirError } from '../../fhir/outcome.ts';
import type { Context, UploadedFile } from '../../http/message.ts';
import type { Plan } from '../../questionnaire/plan.ts';
import type { Done, Operation } from '../../record/record.ts';
import type { Reader } from '../../store/store.ts';
import type { PageDeps } from '../deps.ts';
import { canonicalOf, isAdaptiveResponse, nothingAsked, planOfAsked } from './adaptive.ts';
import { isSamePerson, type Origin } from './filler.ts';

export interface Draft {
  readonly response: QuestionnaireResponse;
  readonly plan: Plan;
  /** Number of the version that was read. */
  readonly version: number;
}

const TYPE = 'QuestionnaireResponse';

/** Throws FhirError `not-found` where there is none, or the reader may not see it. */
export async function readDraft(deps: PageDeps, reader: Reader, id: string): Promise<Draft> {
  const response = await readNow<QuestionnaireResponse>(reader, `${TYPE}/${id}`);
  if (response?.questionnaire === undefined) throw new FhirError('not-found', 'There are no such answers, or they are not yours to see.');
  const plan = isAdaptiveResponse(response) ? planOfAsked(response) : await deps.plans(response.questionnaire, reader);
  return { response, plan, version: Number(response.meta?.versionId) };
}

/** Drafts of a patient that are looked through. */
const MOST_DRAFTS = 100;

/** The drafts for a patient, last written first. */
export async function draftsOf({ find }: PageDeps, reader: Reader, patient: string): Promise<readonly QuestionnaireResponse[]> {
  const where = [find.where(TYPE, 'patient', pointsAt(patient)), find.where(TYPE, 'status', code('in-progress'))];
  return (await find.list(reader, { type: TYPE, where, limit: MOST_DRAFTS })).resources;
}

export const isDraftOf = ({ url }: Questionnaire, response: QuestionnaireResponse): boolean =>
  url !== undefined && canonicalOf(response)?.split('|')[0] === url;

export interface Beginning {
  readonly questionnaire: Questionnaire;
  readonly patient: string;
  readonly origin: Origin;
  readonly language: string;
  readonly item: readonly QuestionnaireResponseItem[];
  /** Its questions follow from the answers. */
  readonly isAdaptive: boolean;
}

/** A new draft, or the one that its author has begun already, perhaps in another window just now. Resolves to its id. */
export async function beginDraft(deps: PageDeps, context: Context, beginning: Beginning): Promise<string> {
  const begun = await begunBefore(deps, context, beginning);
  if (begun !== undefined) return begun;
  try {
    const [done] = await deps.keeper.commit(
      { operations: [{ op: 'create', resource: asResource(await firstDraft(deps, context, beginning)) }] },
      context.permit,
    );
    if (done?.version === undefined) throw new Error('a draft was stored and has no version');
    return done.version.id;
  } catch (error) {
    const meanwhile = error instanceof FhirError && error.fault === 'conflict' ? await begunBefore(deps, context, beginning) : undefined;
    if (meanwhile === undefined) throw error;
    return meanwhile;
  }
}

async function begunBefore(deps: PageDeps, { reader }: Context, { questionnaire, patient, origin }: Beginning): Promise<string | undefined> {
  const drafts = await draftsOf(deps, reader, patient);
  return drafts.find((one) => isDraftOf(questionnaire, one) && isSamePerson(one.author, origin.author))?.id;
}

async function firstDraft(deps: PageDeps, { reader }: Context, beginning: Beginning): Promise<QuestionnaireResponse> {
  const draft = draftFor(beginning);
  return beginning.isAdaptive ? deps.next({ ...draft, ...nothingAsked(beginning.questionnaire, draft.questionnaire ?? '') }, reader) : draft;
}

function draftFor({ questionnaire, patient, origin, language, item }: Beginning): QuestionnaireResponse {
  const { url = '', version } = questionnaire;
  return {
    resourceType: TYPE,
    language,
    questionnaire: version === undefined ? url : `${url}|${version}`,
    status: 'in-progress',
    subject: { reference: patient },
    ...origin,
    ...(item.length > 0 ? { item: [...item] } : {}),
  };
}

/** Stores a draft, or its finished form, over the version that was seen. Throws FhirError `version-mismatch` where another was faster. */
export async function store(deps: PageDeps, { permit }: Pick<Context, 'permit'>, response: QuestionnaireResponse, version: number): Promise<Done> {
  const operation: Operation = { op: 'update', id: response.id ?? '', resource: asResource(response), ifMatch: version };
  const [done] = await deps.keeper.commit({ operations: [operation] }, permit);
  if (done === undefined) throw new Error('one operation was committed and no result came back');
  return done;
}

export async function deleteDraft(deps: PageDeps, { permit }: Pick<Context, 'permit'>, { id = '', meta }: QuestionnaireResponse): Promise<void> {
  await deps.keeper.commit({ operations: [{ op: 'delete', type: TYPE, id, ifMatch: Number(meta?.versionId) }] }, permit);
}

/** Stores a file that belongs to a patient's answers. Resolves to `Binary/7`. */
export async function storeFile(
  deps: PageDeps,
  { permit }: Pick<Context, 'permit'>,
  { file, patient }: { file: UploadedFile; patient: string },
): Promise<string> {
  const binary: Binary = {
    resourceType: 'Binary',
    contentType: file.type,
    securityContext: { reference: patient },
    data: Buffer.from(file.bytes).toString('base64'),
  };
  const [done] = await deps.keeper.commit({ operations: [{ op: 'create', resource: asResource(binary) }] }, permit);
  if (done?.version === undefined) throw new Error('a file was stored and has no version');
  return `Binary/${done.version.id}`;
}
