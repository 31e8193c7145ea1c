import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { index } from './fixture.ts';
import { storeContract } from './store-contract.ts';

storeContract('memory', async () => createMemoryStore({ index }));
