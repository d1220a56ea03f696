// Tests of a Node program against the mock: node --test examples/clients/
//
// AGENTMOCK is the program; without it, it is run from the source.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

let mock, ready;

before(async () => {
	const [program, ...args] = (process.env.AGENTMOCK ?? 'go run ./mockserver/cmd/agentmock').split(' ');
	// It ends when this process does, however that happens: its standard input closes.
	mock = spawn(program, [...args, '-addr', '127.0.0.1:0', '-exit-on-stdin-close', '-log', 'off'], { stdio: ['pipe', 'pipe', 'inherit'] });
	for await (const line of createInterface({ input: mock.stdout })) {
		ready = JSON.parse(line);
		break;
	}
});

after(() => mock.stdin.end());

// world makes a namespace: tests that run at the same time see nothing of each other.
async function world() {
	const response = await fetch(`${ready.admin}/namespaces`, { method: 'POST', body: '{}' });
	const { name, base_urls } = await response.json();
	return { admin: `${ready.admin}/namespaces/${name}`, orq: base_urls.orq };
}

function create(orq, key) {
	return fetch(`${orq}/v2/agents/`, {
		method: 'POST',
		headers: { Authorization: 'Bearer any-key', 'Content-Type': 'application/json' },
		body: JSON.stringify({ key, role: 'Assistant', description: 'Answers customers', instructions: 'Be polite.', path: 'Default', model: 'openai/gpt-4o', settings: {} }),
	});
}

test('an agent is made once', async () => {
	const { orq } = await world();
	assert.equal((await create(orq, 'desk')).status, 201);
	assert.equal((await create(orq, 'desk')).status, 409);
});

test('a lost response', async () => {
	const { admin, orq } = await world();
	const rule = { op: 'orq.CreateAgent', times: 1, stage: 'after-commit', do: [{ drop: {} }] };
	await fetch(`${admin}/rules`, { method: 'POST', body: JSON.stringify(rule) });
	await assert.rejects(create(orq, 'desk')); // the agent was made, and the program does not know
	assert.equal((await create(orq, 'desk')).status, 409);
	const match = { match: { op: 'orq.CreateAgent', committed: true }, count: 1 };
	const held = await fetch(`${admin}/journal/count`, { method: 'POST', body: JSON.stringify(match) });
	assert.equal(held.status, 200);
});
