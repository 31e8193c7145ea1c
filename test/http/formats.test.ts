/** XML and JSON, packed and not, at the edge of the server: what is read, what is written, what is refused. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle, OperationOutcome } from 'fhir/r4';
import { FHIR, type Started, start } from './start.ts';

const XML = 'application/fhir+xml';
const patientXml = (inner: string): string => `<Patient xmlns="http://hl7.org/fhir">${inner}</Patient>`;
const bundleXml = (type: string, ...entries: string[]): string =>
  `<Bundle xmlns="http://hl7.org/fhir"><type value="${type}"/>${entries.map((entry) => `<entry>${entry}</entry>`).join('')}</Bundle>`;
const textOf = (outcome: OperationOutcome): string => outcome.issue.map(({ details }) => details?.text).join(' ');

let server: Started;
const post = (path: string, body: string, type = XML, headers: Record<string, string> = {}) =>
  server
    .api()
    .post(path)
    .set({ 'Content-Type': type, ...headers })
    .send(body);
const asXml = (path: string) => server.api().get(path).set('Accept', XML).buffer(true);
const bodyOf = ({ text, body }: { text?: string; body: unknown }): string => text ?? String(body);

beforeAll(async () => {
  server = await start({ DATABASE_URL: 'memory:', MAX_BODY: '200000' });
});
afterAll(() => server.app.close());

describe('XML', () => {
  test('what is created in XML is read in both formats, decimals and narrative as written', async () => {
    const div = '<div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b> &amp; &#160;c</div>';
    const xml = `<Observation xmlns="http://hl7.org/fhir"><!-- note --><text><status value="generated"/>${div}</text><status value="final"/><code><text value="x"/></code><valueQuantity><value value="1.50"/></valueQuantity></Observation>`;
    const created = await post('/Observation', xml, XML, { Accept: FHIR })
      .expect(201)
      .expect('Content-Type', /fhir\+json/);
    expect(created.text).toContain('"value":1.50');
    expect(created.body.text.div).toBe(div);
    const read = await asXml(`/Observation/${created.body.id}`).expect(200).expect('Content-Type', 'application/fhir+xml; charset=utf-8');
    expect(bodyOf(read)).toContain(`${div}</text><status value="final"/>`);
    expect(bodyOf(read)).toContain('<value value="1.50"/>');
    expect(read.headers.etag).toBe('W/"1"');
    expect(bodyOf(read)).not.toContain('note');
  });

  test('update, patch by FHIRPath, search, history, deletion', async () => {
    const xml = (gender: string): string => patientXml(`<id value="in-xml"/><gender value="${gender}"/>`);
    await server
      .api()
      .put('/Patient/in-xml')
      .set({ 'Content-Type': XML, Accept: XML })
      .send(xml('female'))
      .expect(201)
      .expect('Content-Type', /fhir\+xml/);
    const patch =
      '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/><part><name value="type"/><valueCode value="replace"/></part><part><name value="path"/><valueString value="Patient.gender"/></part><part><name value="value"/><valueCode value="male"/></part></parameter></Parameters>';
    await server.api().patch('/Patient/in-xml').set('Content-Type', XML).send(patch).expect(200);
    expect(bodyOf(await asXml('/Patient?_id=in-xml').expect(200))).toMatch(
      /<Bundle xmlns="http:\/\/hl7.org\/fhir"><type value="searchset"\/>.*<fullUrl .*<Patient>.*<gender value="male"\/>/s,
    );
    expect(bodyOf(await asXml('/Patient/in-xml/_history').expect(200))).toMatch(/<gender value="male"\/>.*<gender value="female"\/>/s);
    await server.api().delete('/Patient/in-xml').set('Accept', XML).expect(204);
    expect(bodyOf(await asXml('/Patient/in-xml').expect(410))).toContain('<OperationOutcome xmlns="http://hl7.org/fhir">');
  });

  test('a transaction and a batch', async () => {
    const urn = 'urn:uuid:5c1f7f1c-0f6e-4f5b-9a53-8a0c7f1c2d3e';
    const patient = `<fullUrl value="${urn}"/><resource><Patient><active value="true"/></Patient></resource><request><method value="POST"/><url value="Patient"/></request>`;
    const observation = `<resource><Observation><status value="final"/><code><text value="x"/></code><subject><reference value="${urn}"/></subject></Observation></resource><request><method value="POST"/><url value="Observation"/></request>`;
    const answer = await post('', bundleXml('transaction', patient, observation), XML, { Accept: XML })
      .buffer(true)
      .expect(200);
    const [patientId, observationId] = [...bodyOf(answer).matchAll(/\/(?:Patient|Observation)\/([^/]+)\/_history/g)].map(([, id]) => id);
    expect((await server.api().get(`/Observation/${observationId}`)).body.subject.reference).toBe(`Patient/${patientId}`);
    const read = `<request><method value="GET"/><url value="Patient/${patientId}"/></request>`;
    expect(bodyOf(await post('', bundleXml('batch', read), XML, { Accept: XML }).buffer(true).expect(200))).toContain('<resource><Patient><id');
  });

  test('the CapabilityStatement, an operation', async () => {
    expect(bodyOf(await asXml('/metadata').expect(200))).toContain('<CapabilityStatement xmlns');
    expect(bodyOf(await post('/Patient/$validate', patientXml('<gender value="none"/>'), XML, { Accept: XML }).buffer(true).expect(200))).toContain(
      'Patient.gender',
    );
  });

  test('in lines where it is asked for', async () => {
    expect(bodyOf(await asXml('/metadata?_pretty=true').expect(200))).toMatch(/\n {2}<url value=/);
  });

  test.each([
    ['no XML', '{', 400, 'line 1'],
    ['a document type', `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${patientXml('<name><text value="&a;"/></name>')}`, 400, 'document types'],
    ['an unknown element', patientXml('<colour value="red"/>'), 422, 'colour'],
    ['a wrong value', patientXml('<active value="yes"/>'), 422, 'Patient.active'],
    ['another type', '<Observation xmlns="http://hl7.org/fhir"><status value="final"/></Observation>', 400, 'Observation'],
  ])('%s is refused', async (_, body, status, words) => {
    const answer = await post('/Patient', body, XML, { Accept: FHIR });
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(words)]);
  });
});

describe('formats', () => {
  test.each(['xml', 'text/xml', 'application/xml', 'application/fhir+xml', 'application/fhir%2Bxml'])('_format=%s', async (format) => {
    await server
      .api()
      .get(`/metadata?_format=${format}`)
      .set('Accept', FHIR)
      .expect(200)
      .expect('Content-Type', /fhir\+xml/);
  });

  test.each(['json', 'text/json', 'application/json', 'application/fhir+json'])('_format=%s', async (format) => {
    await server
      .api()
      .get(`/metadata?_format=${format}`)
      .set('Accept', XML)
      .expect(200)
      .expect('Content-Type', /fhir\+json/);
  });

  test('a form may ask for a format; HEAD has the headers of GET', async () => {
    await server
      .api()
      .post('/Patient/_search')
      .type('form')
      .send('_format=xml')
      .expect(200)
      .expect('Content-Type', /fhir\+xml/);
    const get = await asXml('/Patient?_count=1');
    const head = await server
      .api()
      .head('/Patient?_count=1')
      .set('Accept', XML)
      .expect('Content-Type', /fhir\+xml/);
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });

  test('what is not offered', async () => {
    for (const accept of ['text/turtle', 'application/fhir+json;q=0', 'application/fhir+json; fhirVersion=3.0'])
      expect(textOf((await server.api().get('/metadata').set('Accept', accept).expect(406)).body)).toContain('application/fhir+xml');
    expect(textOf((await post('/Patient', '{}', 'application/fhir+json; fhirVersion=3.0').expect(415)).body)).toContain('4.0');
    await post('/Patient', patientXml(''), `${XML}; charset=latin1`).expect(415);
  });
});

describe('JSON that is none', () => {
  test.each([
    ['a key twice', '{"resourceType":"Patient","active":true,"active":false}', 400, '"active"'],
    ['a comment', '{"resourceType":"Patient" /* x */}', 400, 'column'],
    ['a comma at the end', '{"resourceType":"Patient",}', 400, 'column'],
    ['single quotes', "{'resourceType':'Patient'}", 400, 'column'],
    ['two values', '{"resourceType":"Patient"}{}', 400, 'column'],
    ['a null', '{"resourceType":"Patient","active":null}', 422, 'Patient.active'],
    ['a null in a list', '{"resourceType":"Patient","name":[null]}', 422, 'Patient.name'],
    ['an empty list', '{"resourceType":"Patient","name":[]}', 422, 'Patient.name'],
    ['an empty object', '{"resourceType":"Patient","name":[{}]}', 422, 'Patient.name'],
    ['an empty text', '{"resourceType":"Patient","language":""}', 422, 'Patient.language'],
    ['half a surrogate pair', '{"resourceType":"Patient","language":"\\ud800"}', 400, 'surrogate'],
  ])('%s', async (_, body, status, words) => {
    const answer = await post('/Patient', body, FHIR);
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(words.replaceAll('"', '\\"'))]);
  });

  test('a byte order mark is passed over, as JSON allows its readers', async () => {
    await post('/Patient', '\uFEFF{"resourceType":"Patient"}', FHIR).expect(201);
  });

  test('bytes that are not UTF-8', async () => {
    const answer = await fetch(`${server.app.base}/Patient`, { method: 'POST', headers: { 'Content-Type': FHIR }, body: new Uint8Array([0x7b, 0xff, 0x7d]) });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('UTF-8')]);
  });
});

describe('gzip', () => {
  const packed = (path: string, text: string, type: string) =>
    fetch(`${server.app.base}${path}`, { method: 'POST', headers: { 'Content-Type': type, 'Content-Encoding': 'gzip' }, body: gzipSync(text) });

  test('both ways, in both formats', async () => {
    expect((await packed('/Patient', '{"resourceType":"Patient"}', FHIR)).status).toBe(201);
    expect((await packed('/Patient', patientXml('<active value="true"/>'), XML)).status).toBe(201);
    for (const accept of [FHIR, XML])
      expect((await server.api().get('/metadata').set({ Accept: accept, 'Accept-Encoding': 'gzip' }).expect(200)).headers['content-encoding']).toBe('gzip');
    expect((await server.api().get('/metadata').set('Accept-Encoding', 'gzip;q=0')).headers['content-encoding']).toBeUndefined();
  });

  test('a body that unpacks to more than is read is 413, without being unpacked', async () => {
    expect((await packed('/Patient', ' '.repeat(50_000_000), FHIR)).status).toBe(413);
    const broken = await fetch(`${server.app.base}/Patient`, { method: 'POST', headers: { 'Content-Type': FHIR, 'Content-Encoding': 'gzip' }, body: 'x' });
    expect(broken.status).toBe(400);
    const other = await fetch(`${server.app.base}/Patient`, { method: 'POST', headers: { 'Content-Type': FHIR, 'Content-Encoding': 'br' }, body: 'x' });
    expect(other.status).toBe(415);
  });
});

test('respond-async is a wish that is not granted: the answer comes at once', async () => {
  const bundle = await server.api().get('/Patient').set('Prefer', 'respond-async').expect(200);
  expect((bundle.body as Bundle).type).toBe('searchset');
});
