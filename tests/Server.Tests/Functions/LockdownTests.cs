using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Xunit;

namespace Tributary.Server.Tests.Functions;

/// <summary>
/// What code could do that got out of its context. None is known that does, so the test stands in for it: a script that loads the worker, keeps everything that
/// Node.js gives to a main program, and tries to use it once the worker is ready.
/// </summary>
public sealed class LockdownTests
{
    private const string Escaped = """
        const held = Object.fromEntries(['net', 'tls', 'http', 'https', 'dgram', 'dns', 'fs', 'child_process', 'worker_threads', 'inspector', 'module', 'vm'].map((name) => [name, require(name)]))
        const [load, node, global, out] = [require, process, globalThis, process.stdout]
        const Socket = held.net.Socket, Server = held.net.Server, original = { fetch: global.fetch }
        const attempts = {
          connect: () => held.net.connect(PORT, '127.0.0.1'),
          socket: () => new Socket().connect(PORT, '127.0.0.1'),
          listen: () => new Server().listen(0),
          tls: () => held.tls.connect(PORT, '127.0.0.1'),
          http: () => held.http.get('http://127.0.0.1:PORT/'),
          https: () => held.https.get('https://127.0.0.1:PORT/'),
          udp: () => held.dgram.createSocket('udp4').send('x', PORT, '127.0.0.1'),
          dns: () => held.dns.lookup('localhost', () => {}),
          dnsPromises: () => held.dns.promises.lookup('localhost'),
          read: () => held.fs.readFileSync('/etc/passwd'),
          environment: () => held.fs.readFileSync('/proc/' + node.ppid + '/environ'),
          write: () => held.fs.writeFileSync('/tmp/tributary-was-here', 'x'),
          spawn: () => held.child_process.spawnSync('true').error?.message ?? 'ran',
          thread: () => new held.worker_threads.Worker('1', { eval: true }),
          inspector: () => new held.inspector.Session().connect(),
          require: () => load('os'),
          mainModule: () => node.mainModule.require('os'),
          binding: () => node.binding('tcp_wrap'),
          addon: () => node.dlopen({ exports: {} }, '/nothing.node'),
          kill: () => node.kill(node.ppid, 0),
          handles: () => node._getActiveHandles()[0].constructor,
          eval: () => global.eval('1'),
          function: () => new Function('return 1')(),
          script: () => held.vm.runInThisContext('process'),
        }
        // What works before the doors are closed shows that the attempts are no empty ones.
        const before = ['listen', 'udp', 'dns', 'require', 'kill', 'mainModule'].filter((name) => { try { attempts[name](); return true } catch { return false } })
        require(WORKER)
        setTimeout(async () => {
          const open = []
          for (const [name, attempt] of Object.entries(attempts)) {
            try {
              const value = attempt()
              if (name !== 'script') open.push(name + ': ' + typeof value)
            } catch {}
          }
          try { await original.fetch('http://127.0.0.1:PORT/'); open.push('fetch') } catch {}
          try { await import('node:net').then((net) => net.connect(PORT, '127.0.0.1')); open.push('import') } catch {}
          out.write(JSON.stringify([before, open]) + '\n')
        }, 500)
        """;

    [Fact]
    public async Task Code_that_got_out_of_its_context_reaches_no_network_no_file_and_no_process()
    {
        var folder = Directory.CreateTempSubdirectory("tributary-").FullName;
        try
        {
            using var door = new TcpListener(System.Net.IPAddress.Loopback, 0);
            door.Start();
            var port = ((System.Net.IPEndPoint)door.LocalEndpoint).Port;
            var script = Path.Combine(folder, "escaped.cjs");
            await File.WriteAllTextAsync(script, Escaped.Replace("PORT", $"{port}", StringComparison.Ordinal).Replace("WORKER", $"'{FunctionRig.Script}'", StringComparison.Ordinal));
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, "s")));
            listener.Listen(1);
            var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            string[] arguments =
            [
                "--no-warnings", "--experimental-permission", $"--allow-fs-read={script}", $"--allow-fs-read={FunctionRig.Script}", "--disallow-code-generation-from-strings", script,
                "--socket", Path.Combine(folder, "s"), "--mode", "functions",
            ];
            foreach (var argument in arguments) start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            await process.StandardInput.WriteAsync("token");
            process.StandardInput.Close();
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            using var connection = await listener.AcceptAsync(late.Token);
            var line = await process.StandardOutput.ReadLineAsync(late.Token);
            process.Kill();
            Assert.True(line is not null, await process.StandardError.ReadToEndAsync(late.Token));
            Assert.Equal("""[["listen","udp","dns","require","kill","mainModule"],[]]""", JsonNode.Parse(line)!.ToJsonString());
            Assert.False(door.Pending());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
