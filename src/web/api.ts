/**
 * The pages about the REST interface, `/api` and `/api/Patient`: for the people who connect to it. Written from the offer, as the
 * CapabilityStatement is; examples are links, and a form puts a search together, so that everything can be tried without a tool.
 */
import type { Registry } from '../definitions/registry.ts';
import { FhirError } from '../fhir/outcome.ts';
import type { PageRequest, PageResponse } from '../http/message.ts';
import type { Offer, OperationOffer, ParamOffer, RouteLine, TypeOffer } from '../http/offer.ts';
import { SUMMARIES } from '../http/openapi.ts';
import { RESULT_PARAMETERS } from '../http/openapi-parameters.ts';
import { PATCH_TYPES } from '../http/patch-body.ts';
import { type Content, type Html, html } from './html.ts';
import { type Frame, page, seeOther } from './page.ts';

export interface ApiDeps extends Omit<Frame, 'title'> {
  readonly offer: () => Offer;
  readonly registry: Registry;
  /** The FHIR base as clients see it, without a trailing slash. */
  readonly base: string;
}

/** `segments`: what follows `/api` in the address. */
export function apiPage(deps: ApiDeps, { query }: PageRequest, segments: readonly string[]): PageResponse {
  const offer = deps.offer();
  const [name] = segments;
  if (name === undefined) return overview(deps, offer);
  const type = segments.length === 1 ? offer.types.find((each) => each.type === name) : undefined;
  if (type === undefined) throw new FhirError('not-found', 'There is no such type of resource. The types are listed at /api.');
  return query.get('parameter') === null ? typePage(deps, offer, type) : seeOther(searchUrl(deps, type, query));
}

// ---- overview ----

function overview(deps: ApiDeps, offer: Offer): PageResponse {
  return page(
    { ...deps, title: 'API' },
    html`<div class="api"><h1>FHIR R4 API</h1>
<p>The base is <code>${deps.base}</code>. What stands here is read from the tables that serve the requests, and the same as in the
<a href="${deps.base}/metadata">CapabilityStatement</a> and the <a href="${deps.base}/openapi.json">OpenAPI document</a>.</p>
<p>${offer.secured ? 'Requests need an access token.' : 'No token is needed on this machine.'} Resources travel as JSON or XML; patches as ${listed(PATCH_TYPES)}.</p>
<p><a href="#types">Types of resources</a> · <a href="#server">Requests to the whole server</a> · <a href="#parameters">Search parameters of every type</a></p>
<h2 id="types">Types of resources</h2>
<ul class="columns">${offer.types.map(({ type }) => html`<li><a href="/api/${type}">${type}</a></li>`)}</ul>
<h2 id="server">Requests to the whole server</h2>
${requests(deps, systemRoutes(offer), '')}
${operations(deps, offer.operations)}
<h2 id="parameters">Search parameters of every type</h2>
${parameters(deps, '', offer.params)}
<h2>What a search shows</h2>
<ul class="plain card">${[...RESULT_PARAMETERS].map(([code, [text]]) => html`<li><code>${code}</code> ${text}</li>`)}</ul></div>`,
  );
}

/** Rows for any type belong to the pages of types. */
const systemRoutes = ({ routes }: Offer): readonly RouteLine[] =>
  routes.filter(({ path, interaction }) => !interaction.startsWith('$') && !/^(:type|[A-Z])/.test(path));

// ---- one type ----

function typePage(deps: ApiDeps, offer: Offer, type: TypeOffer): PageResponse {
  const { type: name } = type;
  const own = offer.routes.filter(({ path, interaction }) => !interaction.startsWith('$') && [':type', name].includes(path.split('/')[0] ?? ''));
  return page(
    { ...deps, title: `API: ${name}` },
    html`<div class="api"><p><a href="/api">All types</a></p><h1>${name}</h1>
<p>Defined by <a href="http://hl7.org/fhir/R4/${name.toLowerCase()}.html">FHIR R4</a>. As a document:
<a href="${deps.base}/openapi.json?_type=${name}">OpenAPI of ${name}</a>.</p>
${links('Profiles that are loaded here', type.profiles)}
${searchForm(type)}
<h2>Requests</h2>
${requests(deps, own, name)}
${commandLine(deps, name)}
${operations(deps, type.operations)}
<h2>Search parameters</h2>
${parameters(deps, name, type.params)}
${includes(deps, name, type)}</div>`,
  );
}

const searchForm = ({ type, params }: TypeOffer): Html => html`<h2>Try a search</h2>
<form method="get" action="/api/${type}" class="card">
<label>Parameter <select name="parameter">${params.map((param) => html`<option value="${param.example[0]}">${param.example[0]}</option>`)}</select></label>
<label>Modifier, where one is wanted <input type="text" name="modifier" list="modifiers" autocapitalize="none" autocomplete="off" spellcheck="false"></label>
<datalist id="modifiers">${[...new Set(params.flatMap(({ modifiers }) => modifiers))].map((modifier) => html`<option value="${modifier}"></option>`)}</datalist>
<label>Value <input type="text" name="value" required autocapitalize="none" autocomplete="off" spellcheck="false"></label>
<button>Search</button></form>`;

/** What the form asks for, as a search. */
function searchUrl({ base }: ApiDeps, { type }: TypeOffer, query: URLSearchParams): string {
  const [parameter, modifier, value] = ['parameter', 'modifier', 'value'].map((name) => (query.get(name) ?? '').trim());
  const name = modifier === '' ? parameter : `${parameter}:${modifier}`;
  return `${base}/${type}?${encodeURIComponent(name ?? '').replaceAll('%3A', ':')}=${encodeURIComponent(value ?? '')}`;
}

/** GETs of nobody's resource in particular can be followed. */
function requests({ base }: ApiDeps, routes: readonly RouteLine[], type: string): Html {
  const row = ({ method, path, interaction }: RouteLine): Html => {
    const shown = shownPath(path, type);
    const request = html`<code>${method} ${shown}${interaction.startsWith('conditional') ? '?criteria' : ''}</code>`;
    const link = method === 'GET' && !shown.includes('{') ? html`<a href="${base}${shown === '/' ? '' : shown}">${request}</a>` : request;
    return html`<li>${link}<br>${SUMMARIES.get(interaction) ?? interaction}</li>`;
  };
  return html`<ul class="plain card">${routes.map(row)}</ul>`;
}

const shownPath = (path: string, type: string): string => `/${path.replace(':type', type).replaceAll(/:(\w+)/g, '{$1}')}`;

/** How to write, for those who have curl at hand. */
const commandLine = ({ base }: ApiDeps, type: string): Html => html`<details><summary>Writing by the command line</summary>
<pre tabindex="0">curl -X POST ${base}/${type} -H 'Content-Type: application/fhir+json' --data-binary @${type.toLowerCase()}.json
curl -X PUT ${base}/${type}/7 -H 'Content-Type: application/fhir+json' -H 'If-Match: W/"1"' --data-binary @${type.toLowerCase()}.json
curl -X PATCH ${base}/${type}/7 -H 'Content-Type: application/merge-patch+json' -d '{"language":"en"}'
curl -X DELETE ${base}/${type}/7
curl -X POST '${base}/${type}/$validate' -H 'Content-Type: application/fhir+json' --data-binary @${type.toLowerCase()}.json</pre></details>`;

function operations({ base, registry }: ApiDeps, offered: readonly OperationOffer[]): Content {
  if (offered.length === 0) return undefined;
  const row = ({ name, definition, calls }: OperationOffer): Html => html`<li><h3><code>${name}</code></h3>
${calls.map(({ method, path }) => html`<code>${method} ${shownPath(path, '')}</code><br>`)}
<p>${registry.resource('OperationDefinition', definition)?.title ?? ''} <a href="${address(base, definition)}">${definition}</a></p></li>`;
  return html`<h2>Operations</h2><ul class="plain card">${offered.map(row)}</ul>`;
}

/** Our own definitions are here; others where their canonical leads. */
const address = (base: string, canonical: string): string =>
  canonical.startsWith('http://hl7.org/') ? canonical : `${base}/${canonical.split('/').at(-2) ?? ''}?url=${encodeURIComponent(canonical)}`;

function parameters(deps: ApiDeps, type: string, params: readonly ParamOffer[]): Html {
  const row = (param: ParamOffer): Html => {
    const [name, value] = param.example;
    const example = `${name}=${value}`;
    return html`<li><h3><code>${param.name}</code> <span class="soft">${param.kind}</span></h3>
<p>${saidOf(deps, type, param)}</p>
${param.modifiers.length > 0 && html`<p class="soft">Modifiers: ${listed(param.modifiers)}</p>`}
${param.prefixes.length > 0 && html`<p class="soft">Prefixes: ${listed(param.prefixes)}</p>`}
${param.targets.length > 0 && html`<p class="soft">Leads to: ${param.targets.join(', ')}</p>`}
<p><a href="${deps.base}/${type}?${encodeURIComponent(name).replaceAll('%3A', ':')}=${encodeURIComponent(value)}">${example}</a></p></li>`;
  };
  return html`<ul class="plain card">${params.map(row)}</ul>`;
}

/** What its definition says of it; R4 tells several types apart by lines, as `* [Patient](patient.html): …`. */
function saidOf({ registry }: ApiDeps, type: string, { url, finds }: ParamOffer): string {
  const text = url === undefined ? undefined : registry.resource('SearchParameter', url)?.description;
  if (text === undefined) return finds;
  const own = text.split(/[\r\n]+/).find((line) => line.startsWith(`* [${type}](`));
  if (own !== undefined) return `${own.slice(own.indexOf('): ') + 3)}. ${finds}`;
  return text.startsWith('Multiple') ? finds : `${text}. ${finds}`.replace('..', '.');
}

function includes({ base }: ApiDeps, type: string, { includes: outward, revIncludes }: TypeOffer): Content {
  const list = (name: string, values: readonly string[]): Content =>
    values.length > 0 &&
    html`<details><summary><code>${name}</code>: ${values.length}</summary><ul>${values.map(
      (value) => html`<li><a href="${base}/${type}?${name}=${value}">${name}=${value}</a></li>`,
    )}</ul></details>`;
  if (outward.length + revIncludes.length === 0) return undefined;
  return html`<h2>What can come along</h2>${list('_include', outward)}${list('_revinclude', revIncludes)}`;
}

const listed = (words: readonly string[]): Content => words.map((word, at) => html`${at > 0 && ', '}<code>${word}</code>`);

const links = (title: string, urls: readonly string[]): Content =>
  urls.length > 0 && html`<h2>${title}</h2><ul>${urls.map((url) => html`<li><code>${url}</code></li>`)}</ul>`;
