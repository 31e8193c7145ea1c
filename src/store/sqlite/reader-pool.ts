/** Threads that carry out long reads, so that they stop neither writes nor the event loop. Started when first needed. */
import { Worker } from 'node:worker_threads';
import { type FaultName, FhirError } from '../../fhir/outcome.ts';
import type { Task } from './tasks.ts';

export interface Asked {
  readonly number: number;
  readonly task: Task;
}

export type Answer =
  | { readonly number: number; readonly result: unknown }
  | { readonly number: number; readonly refusal: { readonly name: FaultName; readonly text: string } };

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (fault: unknown) => void;
}

const THREADS = 2;

export class ReaderPool {
  readonly #file: string;
  readonly #threads: Reader[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  run(task: Task): Promise<unknown> {
    return this.#leastBusy().ask(task);
  }

  /** Waits for what is being read. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #leastBusy(): Reader {
    const [idlest] = this.#threads.toSorted((a, b) => a.busy - b.busy);
    if (idlest && (idlest.busy === 0 || this.#threads.length === THREADS)) return idlest;
    const thread: Reader = new Reader(this.#file, () => this.#threads.splice(this.#threads.indexOf(thread), 1));
    this.#threads.push(thread);
    return thread;
  }
}

class Reader {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #idle: () => void = () => undefined;

  constructor(file: string, gone: () => void) {
    this.#worker = new Worker(new URL('./reader-thread.ts', import.meta.url), { workerData: { file } });
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => this.#answered(answer));
    this.#worker.on('error', (fault) => this.#failed(fault));
    this.#worker.on('exit', () => {
      gone();
      this.#failed(undefined);
    });
  }

  get busy(): number {
    return this.#waiting.size;
  }

  /** The process stays alive while an answer is awaited, not longer. */
  ask(task: Task): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const number = ++this.#asked;
      this.#waiting.set(number, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ number, task } satisfies Asked);
    });
  }

  async close(): Promise<void> {
    if (this.busy > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await this.#worker.terminate();
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    if ('result' in answer) waiting?.resolve(answer.result);
    else waiting?.reject(new FhirError(answer.refusal.name, answer.refusal.text));
    if (this.busy === 0) this.#rest();
  }

  #failed(cause: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(new FhirError('unavailable', 'The search was broken off. Try again.', { cause }));
    this.#waiting.clear();
    this.#rest();
  }

  #rest(): void {
    this.#worker.unref();
    this.#idle();
  }
}
