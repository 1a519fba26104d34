/* The one way to the server: JSON in, JSON out, problem+json as an exception. Nothing here knows of React. */
import type { Problem } from './types';

export class ApiError extends Error {
  readonly status: number;
  readonly field: string | undefined;
  readonly requestId: string | undefined;

  constructor(problem: Pick<Problem, 'status' | 'detail'> & Partial<Problem>) {
    super(problem.detail);
    this.name = 'ApiError';
    this.status = problem.status;
    this.field = problem.field;
    this.requestId = problem.request_id;
  }
}

type Value = string | number | boolean | null | undefined;

/** "/api/v1/x" and its parameters; what is null, undefined or "" is left out. */
export function address(path: string, params: Record<string, Value | readonly string[]> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (typeof value === 'object' && value !== null) for (const one of value) query.append(name, one);
    else if (value !== null && value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

const OURS = { 'X-Requested-With': 'demetra' };

let signedOut: () => void = () => undefined;
/** Called once a request is refused for want of a session. */
export function onSignedOut(act: () => void) {
  signedOut = act;
}

function problemOf(status: number, type: string | null, text: string): ApiError {
  if (type?.includes('json')) {
    try {
      return new ApiError({ ...(JSON.parse(text) as Problem), status });
    } catch {
      /* not JSON after all: fall through */
    }
  }
  return new ApiError({ status, detail: text.slice(0, 200) || `HTTP ${status}` });
}

async function exchange(method: string, url: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { method, credentials: 'same-origin', ...init, headers: { Accept: 'application/json', ...OURS, ...init.headers } });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError({ status: 0, detail: '' });
  }
  if (answer.ok) return answer;
  if (answer.status === 401 && !url.endsWith('/login')) signedOut();
  throw problemOf(answer.status, answer.headers.get('content-type'), await answer.text());
}

async function ask<T>(method: string, url: string, init: RequestInit = {}): Promise<T> {
  const text = await (await exchange(method, url, init)).text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const get = <T>(url: string, signal?: AbortSignal) => ask<T>('GET', url, signal ? { signal } : {});

export function send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, body?: unknown): Promise<T> {
  if (body === undefined) return ask<T>(method, url);
  return ask<T>(method, url, { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
}

/** JSON in, a file out. */
export async function fileOf(url: string, body: unknown): Promise<Blob> {
  return (await exchange('POST', url, { body: JSON.stringify(body), headers: { Accept: '*/*', 'Content-Type': 'application/json' } })).blob();
}

/** An upload with progress (fetch has none), as a share 0–1. */
export function upload<T>(url: string, file: File, progress: (share: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.setRequestHeader('Content-Type', 'text/csv');
    for (const [name, value] of Object.entries(OURS)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as T);
      else reject(problemOf(request.status, request.getResponseHeader('content-type'), request.responseText));
    };
    request.onerror = () => reject(new ApiError({ status: 0, detail: '' }));
    request.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    signal?.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
