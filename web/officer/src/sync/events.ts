/** A server-sent event: its name, and its data as text. */
export interface Told {
  event: string;
  data: string;
}

/** The events of a stream as they come; a heartbeat is an event without a name. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<Told> {
  const reader = body.pipeThrough(new TextDecoderStream() as never).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = (await reader.read()) as ReadableStreamReadResult<string>;
      if (done) return;
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) yield told(block);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function told(block: string): Told {
  const found = { event: '', data: '' };
  for (const line of block.split('\n')) {
    const [, name, value] = /^(event|data): ?(.*)$/.exec(line) ?? [];
    if (name === 'event' || name === 'data') found[name] += value ?? '';
  }
  return found;
}
