/** Avatars that are kept in the browser (IndexedDB); they never leave it. */

import { Unfit } from "./unfit";

export interface Kept {
  id: number;
  name: string;
  file: Blob;
}

const STORE = "avatars";

let base: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  base ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("motion-studio", 1);
    asked.onupgradeneeded = () =>
      asked.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
    asked.onsuccess = () => {
      resolve(asked.result);
    };
    asked.onerror = () => {
      base = undefined;
      reject(new Unfit("store", [asked.error?.message ?? ""]));
    };
  });
  return base;
}

async function act<T>(mode: IDBTransactionMode, what: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const transaction = (await open()).transaction(STORE, mode);
  const request = what(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve(request.result);
    };
    transaction.onabort = transaction.onerror = () => {
      reject(new Unfit("store", [transaction.error?.message ?? ""]));
    };
  });
}

export const all = () => act<Kept[]>("readonly", (store) => store.getAll() as IDBRequest<Kept[]>);

/** Keeps a file; the number under which it is found again. */
export const add = (name: string, file: Blob) =>
  act("readwrite", (store) => store.add({ name, file })).then(Number);

export const remove = (id: number) => act("readwrite", (store) => store.delete(id));
