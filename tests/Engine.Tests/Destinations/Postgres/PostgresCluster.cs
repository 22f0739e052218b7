using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using Tributary.Engine.Tests.TestKit;
using Xunit;

namespace Tributary.Engine.Tests.Destinations.Postgres;

/// <summary>A real PostgreSQL of its own: Debian's binaries, a cluster in a temporary folder, a free port of the loopback interface.</summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    public const string Password = "correct horse";

    private readonly TemporaryFolder _folder = new();
    private Process? _server;

    public int Port { get; private set; }

    private string Data => _folder["data"];

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(_folder["password"], Password);
        MakeCertificate();
        if (Environment.IsPrivilegedProcess) await RunAsync("chown", "-R", "postgres", _folder.Path);
        await RunAsPostgresAsync("initdb", "-D", Data, "-U", "postgres", "--pwfile", _folder["password"], "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync");
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync("INT");
        _folder.Dispose();
    }

    public async Task StartAsync()
    {
        var port = Port.ToString(CultureInfo.InvariantCulture);
        string[] arguments =
        [
            "-D", Data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={_folder.Path}", "-c", "max_connections=40",
            "-c", "ssl=on", "-c", $"ssl_cert_file={_folder["server.crt"]}", "-c", $"ssl_key_file={_folder["server.key"]}",
        ];
        _server = Start("postgres", arguments);
        for (var left = 200; ; left--)
        {
            try
            {
                await QueryAsync("SELECT 1");
                return;
            }
            catch (NpgsqlException) when (left > 0)
            {
                // After a crash the old server's shared memory may be in use for a moment, and the new one ends at once.
                if (_server.HasExited) _server = Start("postgres", arguments);
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Ends the server as a power cut would.</summary>
    public Task CrashAsync() => StopAsync("KILL");

    public async Task<List<string>> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={Port};Database=postgres;Username=postgres;Password={Password};Pooling=false;Timeout=5");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "∅" : Text(reader.GetValue(i)))));
        return rows;
    }

    // For the name localhost, vouched for by nobody.
    private void MakeCertificate()
    {
        using var key = RSA.Create(2_048);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        File.WriteAllText(_folder["server.crt"], certificate.ExportCertificatePem());
        File.WriteAllText(_folder["server.key"], key.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder["server.key"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static string Text(object value) => value switch
    {
        DateTime time => time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private async Task StopAsync(string signal)
    {
        if (_server is null || _server.HasExited || !File.Exists(Path.Combine(Data, "postmaster.pid"))) return;
        await RunAsync("kill", $"-{signal}", File.ReadLines(Path.Combine(Data, "postmaster.pid")).First());
        await _server.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private static Process Start(string program, params string[] arguments)
    {
        var path = Path.Combine(Directory.GetDirectories("/usr/lib/postgresql").OrderBy(name => name, StringComparer.Ordinal).Last(), "bin", program);
        // PostgreSQL refuses to run as root.
        var start = Environment.IsPrivilegedProcess ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments]) : new ProcessStartInfo(path, arguments);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.WorkingDirectory = "/";
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task RunAsPostgresAsync(string program, params string[] arguments) => await EndAsync(Start(program, arguments));

    private static async Task RunAsync(string program, params string[] arguments) =>
        await EndAsync(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!);

    private static async Task EndAsync(Process process)
    {
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, errors);
    }
}
