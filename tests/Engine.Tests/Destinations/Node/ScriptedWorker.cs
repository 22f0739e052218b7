using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tributary.Destinations.Node;
using Tributary.Engine.Tests.TestKit;

namespace Tributary.Engine.Tests.Destinations.Node;

/// <summary>A pool whose workers are real Node.js processes that run a small script: it speaks the protocol and misbehaves on demand.</summary>
internal sealed class ScriptedWorker : IAsyncDisposable
{
    private const string Script = """
        const net = require('net');
        const token = require('fs').readFileSync(0, 'utf8');
        if (process.env.SILENT) setInterval(() => {}, 1000);
        else start();
        function start() {
          if (process.env.BROKEN) throw new Error('cannot start today');
          const socket = net.connect(process.argv[process.argv.indexOf('--socket') + 1]);
          const frame = (value) => {
            const body = Buffer.from(JSON.stringify(value));
            const head = Buffer.alloc(4);
            head.writeUInt32LE(body.length);
            socket.write(Buffer.concat([head, body]));
          };
          const configs = new Map();
          const waiting = new Map();
          const cancels = new Map();
          let asked = 0;
          let sum = 0;
          const ops = {
            echo: (m) => frame({ re: m.id, ok: m.body }),
            pid: (m) => frame({ re: m.id, ok: process.pid }),
            environment: (m) => frame({ re: m.id, ok: process.env }),
            fail: (m) => frame({ re: m.id, error: { message: 'no' } }),
            configured: (m) => frame({ re: m.id, ok: [configs.get(m.config) ?? null, configs.size] }),
            late: (m) => setTimeout(() => frame({ re: m.id, ok: 'late' }), m.body),
            hang: () => { for (;;) { sum++; } },
            patient: (m) => cancels.set(m.id, () => frame({ re: m.id, error: { message: 'cancelled' } })),
            ignore: () => {},
            exit: () => process.exit(7),
            flood: (m) => { for (let i = 0; i < 3000; i++) frame({ ask: 'never', id: ++asked, job: m.id }); },
            ask: (m) => { const id = ++asked; waiting.set(id, (a) => frame({ re: m.id, ok: a.ok ?? a.error })); frame({ ask: 'sum', id, job: m.id, body: m.body }); },
            grow: (m) => { const kept = []; const timer = setInterval(() => { kept.push(Buffer.alloc(32 << 20, 1)); if (kept.length > 30) clearInterval(timer); }, 10); },
            print: (m) => { for (let i = 0; i < 20000; i++) console.log('x'.repeat(1000)); frame({ re: m.id, ok: true }); },
            garbage: () => socket.write(Buffer.concat([Buffer.from([5, 0, 0, 0]), Buffer.from('hello')])),
            half: () => { socket.write(Buffer.from([100, 0, 0, 0, 123])); socket.end(); },
            huge: () => socket.write(Buffer.from([0, 0, 0, 0x80])),
            stranger: () => frame({ re: 999999, ok: 1 }),
          };
          const take = (m) => {
            if (m.ping) frame({ pong: true });
            else if ('value' in m) configs.set(m.config, m.value);
            else if (m.forget) configs.delete(m.forget);
            else if (m.cancel) cancels.get(m.cancel)?.();
            else if (m.re) waiting.get(m.re)?.(m);
            else ops[m.op](m);
          };
          let rest = Buffer.alloc(0);
          socket.on('connect', () => frame({ ready: token, version: process.env.VERSION ?? process.version }));
          socket.on('data', (data) => {
            rest = Buffer.concat([rest, data]);
            while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE(0)) {
              const end = 4 + rest.readUInt32LE(0);
              const text = rest.subarray(4, end).toString();
              rest = rest.subarray(end);
              take(JSON.parse(text));
            }
          });
          socket.on('close', () => process.exit(0));
        }
        """;

    private readonly TemporaryFolder _folder = new();

    public ScriptedWorker(Func<NodePoolOptions, NodePoolOptions>? change = null)
    {
        var script = Path.Combine(_folder.Path, "scripted.cjs");
        File.WriteAllText(script, Script);
        var options = new NodePoolOptions("scripted", script) { WorkersMax = 1, CancelGrace = TimeSpan.FromMilliseconds(300), PingEvery = TimeSpan.FromMilliseconds(200) };
        Pool = new NodePool(NodeRuntime.Find(null, Environment.GetEnvironmentVariable("PATH")), change?.Invoke(options) ?? options, TimeProvider.System, NullLogger<NodePool>.Instance);
    }

    public NodePool Pool { get; }

    public static NodeJob Job(string operation, string body = "null", int deadlineMs = 20_000, NodeAskHandler? serve = null, NodeConfiguration? configuration = null) =>
        new(operation, writer => writer.WriteRawValue(body), TimeSpan.FromMilliseconds(deadlineMs), serve ?? Nothing, configuration);

    public Task<NodeReply> RunAsync(string operation, string body = "null", int deadlineMs = 20_000) => RunAsync(Job(operation, body, deadlineMs));

    public async Task<NodeReply> RunAsync(NodeJob job, bool alone = false) => await Pool.RunAsync(job, 0, alone, CancellationToken.None);

    public static NodeAskHandler Answer(Func<JsonElement, string> answer) => (ask, _) => ValueTask.FromResult<ReadOnlyMemory<byte>>(Encoding.UTF8.GetBytes(answer(ask.Body)));

    public async ValueTask DisposeAsync()
    {
        await Pool.DisposeAsync();
        _folder.Dispose();
    }

    private static async ValueTask<ReadOnlyMemory<byte>> Nothing(NodeAsk ask, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return default;
    }
}
