// HTTP that must be refused before anybody thinks about it (design.md, "The front door").
import { RawConnection, exchange } from '../support/raw.mjs';

const host = 'Host: 127.0.0.1\r\n';
const post = (headers, body = '') => `POST /api/v1/auth/login HTTP/1.1\r\n${host}${headers}\r\n${body}`;
const get = (target, headers = host) => `GET ${target} HTTP/1.1\r\n${headers}\r\n`;
const json = 'Content-Type: application/json\r\n';
// Behind every ambiguous request stands one that must not be answered: it would be a smuggled one.
const smuggled = `GET /livez HTTP/1.1\r\n${host}\r\n`;

/// name, bytes, status. `closed`: the connection ends after it, with only one answer on it.
const closing = [
  // -- transfer encoding and length --
  ['chunked, identity', post('Transfer-Encoding: chunked, identity\r\n', smuggled), 400],
  ['identity', post('Transfer-Encoding: identity\r\n', smuggled), 400],
  ['xchunked', post('Transfer-Encoding: xchunked\r\n', smuggled), 400],
  ['chunked twice in one field', post('Transfer-Encoding: chunked, chunked\r\n', `0\r\n\r\n${smuggled}`), 400],
  ['Transfer-Encoding twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`), 400],
  ['Transfer-Encoding twice, one unknown', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n', `0\r\n\r\n${smuggled}`), 400],
  ['gzip, chunked', post('Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${smuggled}`), 400],
  ['chunked behind a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${smuggled}`), 400],
  ['quoted chunked', post('Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${smuggled}`), 400],
  ['chunked with a parameter', post('Transfer-Encoding: chunked;q=1\r\n', `0\r\n\r\n${smuggled}`), 400],
  ['an empty Transfer-Encoding', post('Transfer-Encoding:\r\n', smuggled), 400],
  ['chunked beside a length', post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${smuggled}`), 400],
  ['a length beside chunked', post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`), 400],
  ['chunked in HTTP/1.0', `POST /api/v1/auth/login HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`, 400],
  ['two different lengths', post('Content-Length: 2\r\nContent-Length: 5\r\n', '{}'), 400],
  ['the same length twice', post('Content-Length: 2\r\nContent-Length: 2\r\n', '{}'), 400],
  ['a list of lengths', post('Content-Length: 2, 2\r\n', '{}'), 400],
  ['a signed length', post('Content-Length: +2\r\n', '{}'), 400],
  ['a negative length', post('Content-Length: -1\r\n', '{}'), 400],
  ['a hexadecimal length', post('Content-Length: 0x2\r\n', '{}'), 400],
  ['an empty length', post('Content-Length: \r\n', '{}'), 400],
  ['a length with a space in it', post('Content-Length: 1 2\r\n', '{}'), 400],
  ['a length beyond 64 bits', post('Content-Length: 99999999999999999999999\r\n', '{}'), 413],
  ['a body on GET', `GET /livez HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello`, 400],
  ['a chunk size that overflows', post(`${json}Transfer-Encoding: chunked\r\n`, 'FFFFFFFFFFFFFFFFF\r\n{}'), 400],
  ['a chunk size near the end of 64 bits', post(`${json}Transfer-Encoding: chunked\r\n`, 'FFFFFFFFFFFFFFFF\r\n{}'), 413],
  ['a negative chunk size', post(`${json}Transfer-Encoding: chunked\r\n`, '-2\r\n{}\r\n0\r\n\r\n'), 400],
  ['a chunk size with 0x', post(`${json}Transfer-Encoding: chunked\r\n`, '0x2\r\n{}\r\n0\r\n\r\n'), 400],
  ['an empty chunk size', post(`${json}Transfer-Encoding: chunked\r\n`, '\r\n{}\r\n0\r\n\r\n'), 400],
  ['a chunk that is longer than it says', post(`${json}Transfer-Encoding: chunked\r\n`, '2\r\n{}}}\r\n0\r\n\r\n'), 400],
  ['a chunk that ends in a bare line feed', post(`${json}Transfer-Encoding: chunked\r\n`, '2\n{}\r\n0\r\n\r\n'), 400],
  ['trailers', post(`${json}Transfer-Encoding: chunked\r\n`, '2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\n\r\n'), 400],
  // -- lines and fields --
  ['no Host', 'GET /livez HTTP/1.1\r\n\r\n', 400],
  ['no Host in HTTP/1.0', 'GET /livez HTTP/1.0\r\n\r\n', 400],
  ['two Hosts', get('/livez', `${host}Host: other\r\n`), 400],
  ['the same Host twice', get('/livez', host + host), 400],
  ['an empty Host', get('/livez', 'Host:\r\n'), 400],
  ['a Host with a space', get('/livez', 'Host: a b\r\n'), 400],
  ['a Host with user information', get('/livez', 'Host: me@example.org\r\n'), 400],
  ['a Host with a path', get('/livez', 'Host: example.org/x\r\n'), 400],
  ['a list of Hosts', get('/livez', 'Host: a, b\r\n'), 400],
  ['a target that names another host', get('http://other.example.org/livez'), 400],
  ['a space before the colon', get('/livez', `${host}X-A : b\r\n`), 400],
  ['a space before the colon of a length', post('Content-Length : 2\r\n', '{}'), 400],
  ['a folded header', get('/livez', `${host}X-A: b\r\n c\r\n`), 400],
  ['a folded first header', get('/livez', ` X-A: b\r\n${host}`), 400],
  ['bare line feeds', 'GET /livez HTTP/1.1\nHost: 127.0.0.1\n\n', 400],
  ['a bare carriage return', get('/livez', `${host}X-A: b\rc\r\n`), 400],
  ['a zero byte in a value', get('/livez', `${host}X-A: b\0c\r\n`), 400],
  ['a control character in a value', get('/livez', `${host}X-A: b\x01c\r\n`), 400],
  ['a zero byte in a name', get('/livez', `${host}X\0A: b\r\n`), 400],
  ['a name that is no token', get('/livez', `${host}X(A): b\r\n`), 400],
  ['an empty name', get('/livez', `${host}: b\r\n`), 400],
  ['a field without a colon', get('/livez', `${host}nonsense\r\n`), 400],
  ['two Authorization fields', get('/api/v1/auth/me', `${host}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n`), 400],
  ['headers over 16 KB', get('/livez', `${host}X-A: ${'a'.repeat(17_000)}\r\n`), 431],
  ['more than 100 fields', get('/livez', host + 'A: b\r\n'.repeat(101)), 431],
  ['headers that never end', get('/livez', `${host}${'X-A: b\r\n'.repeat(5000)}`).slice(0, -4), 431],
  // -- the request line --
  ['a target over 4 KiB', get(`/${'a'.repeat(5000)}`), 414],
  ['a control character in the target', get('/li\x01vez'), 400],
  ['a zero byte in the target', get('/livez\0'), 400],
  ['a space in the target', get('/li vez'), 400],
  ['a fragment in the target', get('/livez#x'), 400],
  ['raw UTF-8 in the target', get('/lív'), 400],
  ['a target without a slash', get('livez'), 400],
  ['HTTP/0.9', 'GET /livez\r\n\r\n', 400],
  ['HTTP/2.0', `GET /livez HTTP/2.0\r\n${host}\r\n`, 505],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  ['HTTP/1.10', `GET /livez HTTP/1.10\r\n${host}\r\n`, 400],
  ['a version in lower case', `GET /livez http/1.1\r\n${host}\r\n`, 400],
  ['a TLS hello', Buffer.from('16030100c8010000c40303aabbccddeeff', 'hex'), 400],
  ['a method that is no token', `G(T /livez HTTP/1.1\r\n${host}\r\n`, 400],
  ['an unknown method', `BREW /livez HTTP/1.1\r\n${host}\r\n`, 501],
  ['CONNECT', `CONNECT example.org:443 HTTP/1.1\r\n${host}\r\n`, 501],
  ['TRACE', `TRACE /livez HTTP/1.1\r\n${host}\r\n`, 501],
  ['an unknown expectation', post('Expect: magic\r\nContent-Length: 2\r\n', '{}'), 417],
  // -- size of bodies --
  ['a length over 1 MB', post(`${json}Content-Length: 1000001\r\n`), 413],
  ['chunks over 1 MB', post(`${json}Transfer-Encoding: chunked\r\n`, `f4241\r\n${'x'.repeat(1_000_001)}\r\n0\r\n\r\n`), 413],
];

/// Refused, but the connection may go on.
const open = [
  ['a broken percent sign', get('/api/v1/rooms/%zz'), 400],
  ['a half percent sign', get('/api/v1/rooms/%4'), 400],
  ['an encoded zero byte', get('/api/v1/rooms/a%00b'), 400],
  ['encoded bytes that are no UTF-8', get('/api/v1/rooms/%ff%fe'), 400],
  ['the way up', get('/../../etc/passwd'), 404],
  ['the way up, encoded', get('/%2e%2e/%2e%2e/etc/passwd'), 404],
  ['the way up behind a file', get('/assets/..%2f..%2fCMakeLists.txt'), 400],
  ['an unknown page', get('/no/such/page'), 404],
  ['an unknown route', get('/api/v1/nothing'), 404],
  ['an unknown version', get('/api/v3/rooms'), 400],
  ['a method that a route does not have', `DELETE /api/v1/auth/login HTTP/1.1\r\n${host}\r\n`, 405],
  ['an unknown Api-Version', get('/api/rooms', `${host}Api-Version: v9\r\n`), 400],
];

export function httpRows({ port }) {
  const rows = closing.map(([name, bytes, status]) => ({
    name: `HTTP: ${name}`,
    expect: { status, answers: 1, closed: true },
    async run() {
      const { connection, answer } = await exchange(port, bytes);
      const closed = await connection.closes();
      const rest = connection.received.toString('latin1');
      connection.destroy();
      return { status: answer?.status, answers: 1 + (rest.match(/HTTP\/1\.1 \d/g) ?? []).length, closed };
    },
  }));
  rows.push(
    ...open.map(([name, bytes, status]) => ({
      name: `HTTP: ${name}`,
      expect: { status },
      async run() {
        const { connection, answer } = await exchange(port, bytes);
        connection.destroy();
        return { status: answer?.status };
      },
    })),
    {
      name: 'HTTP: pipelined requests are answered in order',
      expect: [200, 404, 200],
      async run() {
        const { connection, answer } = await exchange(port, get('/livez') + get('/no/such/page') + get('/livez'));
        const all = [answer, await connection.response(), await connection.response()];
        connection.destroy();
        return all.map((a) => a?.status);
      },
    },
    {
      name: 'HTTP: a request that arrives byte by byte is read',
      expect: 200,
      async run() {
        const connection = new RawConnection(port);
        await connection.connected;
        for (const byte of get('/livez')) {
          connection.write(byte);
          await new Promise(setImmediate);
        }
        const answer = await connection.response();
        connection.destroy();
        return answer?.status;
      },
    },
    {
      name: 'HTTP: Expect 100-continue is honoured',
      expect: [100, 400],
      async run() {
        const { connection, answer } = await exchange(port, post(`${json}Expect: 100-continue\r\nContent-Length: 2\r\n`));
        connection.write('{}');
        const second = await connection.response();
        connection.destroy();
        return [answer?.status, second?.status];
      },
    },
    {
      name: 'HTTP: Allow names the methods of a route',
      expect: true,
      async run() {
        const { connection, answer } = await exchange(port, `DELETE /api/v1/auth/login HTTP/1.1\r\n${host}\r\n`);
        connection.destroy();
        return /\bPOST\b/.test(answer.headers.allow ?? '');
      },
    },
  );
  return rows;
}
