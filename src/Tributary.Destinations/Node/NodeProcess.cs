using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Tributary.Destinations.Node;

/// <summary>A running Node.js process and the connection to it; what is said over the connection is <see cref="NodeWorker"/>'s business.</summary>
internal sealed class NodeProcess : IDisposable
{
    private const int ReadyBytesMax = 4 << 10;
    private const string Shell = "/bin/sh";

    private readonly Process _process;
    private readonly NodeOutput _output;
    private Socket? _socket;
    private int _isDisposed;

    private NodeProcess(Process process, NodeOutput output) => (_process, _output, Id) = (process, output, process.Id);

    public int Id { get; }

    /// <summary>What it sends.</summary>
    public PipeReader Reader { get; private set; } = null!;

    /// <summary>Takes what is sent to it.</summary>
    public NetworkStream Stream { get; private set; } = null!;

    /// <summary>Its resident memory in bytes; 0 when it has ended.</summary>
    public long ResidentBytes
    {
        get
        {
            try
            {
                _process.Refresh();
                return _process.WorkingSet64;
            }
            catch (InvalidOperationException)
            {
                return 0;
            }
        }
    }

    /// <summary>Why it ended, as far as it can be told: the code and what it printed last.</summary>
    public string Epitaph
    {
        get
        {
            var code = _process.WaitForExit(TimeSpan.FromMilliseconds(200)) ? $"It ended with code {_process.ExitCode}." : "";
            return $"{code} {_output.Last}".Trim();
        }
    }

    /// <summary>Starts a process and waits until it is ready.</summary>
    /// <returns>The process, or a sentence that says why there is none.</returns>
    public static async Task<(NodeProcess? Process, string? Fault)> StartAsync(
        string node, NodePoolOptions options, string socketPath, TimeProvider clock, ILogger logger, CancellationToken cancellationToken)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        NodeProcess? started = null;
        var isKept = false;
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(socketPath));
            listener.Listen(4);
            var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            var process = Process.Start(StartInfo(node, options, socketPath))!;
            started = new NodeProcess(process, new NodeOutput($"{options.Mode} {process.Id}", clock, logger));
            _ = started._output.ReadAsync(process.StandardOutput);
            _ = started._output.ReadAsync(process.StandardError);
            // Over standard input, because the environment of a process can be read by others of the same account.
            await process.StandardInput.WriteAsync(token);
            process.StandardInput.Close();
            using var within = new CancellationTokenSource(options.ReadyWithin, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(within.Token, cancellationToken);
            _ = process.WaitForExitAsync(either.Token).ContinueWith(_ => either.Cancel(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            var fault = await started.AcceptAsync(listener, token, either.Token);
            isKept = fault is null;
            return isKept ? (started, null) : (null, fault);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var epitaph = started!.Epitaph;
            return (null, epitaph.StartsWith("It ended", StringComparison.Ordinal) ? epitaph : $"It was not ready within {options.ReadyWithin.TotalSeconds:0.#} s. {epitaph}".Trim());
        }
        catch (Exception failure) when (failure is IOException or SocketException or System.ComponentModel.Win32Exception)
        {
            return (null, failure.Message);
        }
        finally
        {
            if (!isKept) started?.Dispose();
            File.Delete(socketPath);
        }
    }

    /// <summary>Ends it at once. It may have ended already.</summary>
    public void Kill()
    {
        _socket?.Dispose();
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception failure) when (failure is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It was quicker.
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        Kill();
        // Collects it, so that no zombie stays behind.
        if (_process.WaitForExit(TimeSpan.FromSeconds(5))) _process.Dispose();
    }

    // Only who knows the token is heard; the folder of the socket is closed to other accounts, so a stranger can only be a mistake of ours.
    private async Task<string?> AcceptAsync(Socket listener, string token, CancellationToken cancellationToken)
    {
        while (true)
        {
            var socket = await listener.AcceptAsync(cancellationToken);
            var stream = new NetworkStream(socket, ownsSocket: true);
            var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 << 10, leaveOpen: true));
            var (frame, fault) = await NodeFrames.ReadAsync(reader, ReadyBytesMax, cancellationToken);
            if (fault is null && frame.TryGetProperty("ready", out var said) && said.ValueKind == JsonValueKind.String && IsToken(said.GetString()!, token))
            {
                (_socket, Stream, Reader) = (socket, stream, reader);
                return VersionFault(frame);
            }

            socket.Dispose();
        }
    }

    private static bool IsToken(string said, string token) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(said), Encoding.UTF8.GetBytes(token));

    private static string? VersionFault(JsonElement ready)
    {
        var version = ready.TryGetProperty("version", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "?";
        return Version.TryParse(version.TrimStart('v'), out var parsed) && parsed.Major >= NodeRuntime.MajorMin
            ? null
            : $"Node.js is of version {version}; workers need {NodeRuntime.MajorMin} or newer. Name another with {NodeRuntime.PathKey}.";
    }

    private static string? Limits(NodePoolOptions options)
    {
        if ((options.DataBytesMax ?? (object?)options.ProcessorTimeMax) is null || !OperatingSystem.IsLinux() || !File.Exists(Shell)) return null;
        var memory = options.DataBytesMax is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"ulimit -d {bytes >> 10};") : "";
        var time = options.ProcessorTimeMax is { } most ? string.Create(CultureInfo.InvariantCulture, $"ulimit -t {(long)most.TotalSeconds};") : "";
        return memory + time;
    }

    private static ProcessStartInfo StartInfo(string node, NodePoolOptions options, string socketPath)
    {
        var limits = Limits(options);
        var start = new ProcessStartInfo(limits is null ? node : Shell)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Path.GetDirectoryName(socketPath),
        };
        string[] arguments = [$"--max-old-space-size={options.HeapMegabytesMax}", .. options.NodeArguments, options.Script, "--socket", socketPath, "--mode", options.Mode];
        // The shell gives its place to Node.js, so the process is the same.
        if (limits is not null) arguments = ["-c", limits + " exec \"$0\" \"$@\"", node, .. arguments];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in options.Environment) start.Environment[name] = value;
        return start;
    }
}
