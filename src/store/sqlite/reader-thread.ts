/** A thread for long reads, with a read-only connection of its own. Answers each message with one, under the same number. */
import { parentPort, workerData } from 'node:worker_threads';
import { FhirError } from '../../fhir/outcome.ts';
import { openReader } from './open.ts';
import type { Answer, Asked } from './reader-pool.ts';
import { Statements } from './statements.ts';
import { runTask, type Task } from './tasks.ts';

const { file } = workerData as { file: string };
const db = openReader(file);
const statements = new Statements(db);

/** In a transaction, so that a page, its total and what it includes are of one moment. */
function run(task: Task): unknown {
  db.exec('BEGIN');
  try {
    return runTask(statements, task);
  } finally {
    db.exec('COMMIT');
  }
}

function answer({ number, task }: Asked): Answer {
  try {
    return { number, result: run(task) };
  } catch (fault) {
    const refusal = fault instanceof FhirError ? { name: fault.fault, text: fault.message } : { name: 'internal' as const, text: String(fault) };
    return { number, refusal };
  }
}

parentPort?.on('message', (asked: Asked) => parentPort?.postMessage(answer(asked)));
