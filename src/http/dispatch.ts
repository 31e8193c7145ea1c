/**
 * From a request to its answer: finds the route, asks whether the permit opens it, runs the handler, and is the one
 * place where errors are caught. A Bundle's entries come through here again.
 */
import { randomUUID } from 'node:crypto';
import type { Permit } from '../access/permit.ts';
import { FhirError } from '../fhir/outcome.ts';
import { errorAnswer } from './answer.ts';
import { mayBeContent } from './binary.ts';
import type { Policy, Route, Services } from './call.ts';
import { type Match, matcherFor } from './match.ts';
import type { FhirRequest, FhirResponse } from './message.ts';
import { formatOf } from './negotiate.ts';
import { placed } from './placed.ts';
import { dressed, undressed } from './wire.ts';

/** What the log hears of a fault of ours; never sent to the client. */
export type ReportFault = (id: string, error: unknown, route: string | undefined) => void;

export interface Dispatched {
  readonly response: FhirResponse;
  /** The pattern of the route that answered, without the values of the URL; undefined where none did. */
  readonly route: string | undefined;
}

/** `permit` undefined: nobody has been recognised. Never throws. */
export type Dispatch = (request: FhirRequest, permit: Permit | undefined) => Promise<Dispatched>;

/** What a public route is run under where nobody has been recognised. */
const NOBODY: Permit = Object.freeze({ actor: Object.freeze({ display: 'nobody' }), everything: false, grants: Object.freeze([]) });

/** Throws, so that the server does not start, where a route has no policy. */
export function createDispatch(routes: readonly Route[], services: Services, reportFault: ReportFault): Dispatch {
  requirePolicies(routes);
  const match = matcherFor(routes, services.registry);

  /** From the wire: what is sent as XML is read as JSON, and the answer is written as the client wants it. */
  async function dispatch(request: FhirRequest, permit: Permit | undefined): Promise<Dispatched> {
    const { response, route } = await orRefusal(undefined, async () => answerTo(undressed(request, services.registry), permit));
    return orRefusal(route, () => ({ response: dressed(response, request, services.registry), route }));
  }

  /** A whole request, or an entry of a Bundle. */
  async function answerTo(request: FhirRequest, permit: Permit | undefined): Promise<Dispatched> {
    const found = match(request.method, request.path);
    const route = found instanceof FhirError ? undefined : `${found.route.method} /${found.route.path}`;
    return orRefusal(route, async () => ({ response: await answer(admit(found, permit), request, permit ?? NOBODY), route }), request);
  }

  async function orRefusal(route: string | undefined, work: () => Dispatched | Promise<Dispatched>, request?: FhirRequest): Promise<Dispatched> {
    try {
      return await work();
    } catch (error) {
      const refusal = error instanceof FhirError ? error : ourFault(error, route, reportFault);
      return { response: errorAnswer(refusal, placed(refusal.issues, request)), route };
    }
  }

  function answer({ route, named }: Match, request: FhirRequest, permit: Permit): FhirResponse | Promise<FhirResponse> {
    if (!mayBeContent(request)) formatOf(request); // a client that can read no answer is told before anything is done
    const again = async (inner: FhirRequest) => (await answerTo(inner, permit)).response;
    return route.handle({ request, named, services, permit, reader: services.readerFor(permit), dispatch: again });
  }

  return dispatch;
}

function requirePolicies(routes: readonly Route[]): void {
  const policies: readonly string[] = ['public', 'any', 'admin', 'create', 'read', 'update', 'delete', 'search', 'history'] satisfies Policy[];
  for (const route of routes) {
    if (!policies.includes(route.policy)) throw new Error(`the route ${route.method} /${route.path} has no policy`);
  }
}

/** Who has no permit learns nothing of which paths there are. */
function admit(found: Match | FhirError, permit: Permit | undefined): Match {
  const policy = found instanceof FhirError ? undefined : found.route.policy;
  if (permit === undefined && policy !== 'public') throw unauthenticated();
  if (found instanceof FhirError) throw found;
  if (permit !== undefined && !opens(permit, found)) {
    throw new FhirError('forbidden', `This token does not allow ${found.route.interaction} of ${found.named.type ?? 'this'}.`);
  }
  return found;
}

/** Whether the permit has any grant for the route; which resources it reaches, the restricted store decides. */
function opens(permit: Permit, { route, named }: Match): boolean {
  const { policy } = route;
  if (permit.everything || policy === 'public' || policy === 'any') return true;
  if (policy === 'admin') return false;
  const type = named.target ?? named.type;
  return permit.grants.some((grant) => grant.actions.includes(policy) && (type === undefined || type === '*' || grant.type === type));
}

const unauthenticated = (): FhirError =>
  new FhirError('unauthenticated', 'This needs a valid access token in the header Authorization, as in "Authorization: Bearer …".', {
    headers: { 'WWW-Authenticate': 'Bearer realm="fhir"' },
  });

/** The client gets an id to quote; the detail stays in the log. */
function ourFault(error: unknown, route: string | undefined, report: ReportFault): FhirError {
  const id = randomUUID();
  report(id, error, route);
  return new FhirError(
    'internal',
    `Something went wrong in the server. Nothing was stored by this request unless it says so; quote ${id} to those who run it.`,
  );
}
