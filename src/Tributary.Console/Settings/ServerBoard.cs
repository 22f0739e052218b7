using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Tributary.Engine.Lake;
using Tributary.Engine.Log;
using Tributary.Model;

namespace Tributary.Console.Settings;

/// <summary>What the server is, where its data lies and how far it has come. What costs a walk through the disk is kept for some seconds, for all pages.</summary>
internal sealed class ServerBoard(
    ConsoleFolder folder, ReceivedLog received, DecidedLog decided, ProcessingProgress progress, LakeLoader lake, LogReaders readers, IServer server, HealthCheckService health, TimeProvider clock)
    : IDisposable
{
    // The parts of the data folder, as docs/operating.md names them.
    private static readonly (string Name, string What, bool IsNeeded)[] Parts =
    [
        ("received", "What was received: the only part that cannot be made again", true),
        ("decided", "What was decided: events as profiles and destinations saw them", true),
        ("state", "Profiles, graph, positions, configuration", true),
        ("lake", "The tables of the lake; can be loaded again from decided/", false),
        ("secrets.key", "Opens the secrets of destinations and functions", true),
        ("sessions", "Keys of the console's sessions; without them everybody signs in again", false),
        ("exports", "What the files destination writes", false),
    ];

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _measuring = new(1, 1);

    // Written by whoever holds _measuring.
    private volatile FolderSizes? _sizes;

    /// <summary>The data folder, absolute.</summary>
    public string Folder { get; } = Path.GetFullPath(folder.Path);

    /// <summary>Where the server listens.</summary>
    public IReadOnlyList<string> Addresses => [.. server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []];

    /// <summary>How far each reader of the logs has come.</summary>
    public IReadOnlyList<LogPosition> Positions =>
    [
        new("Received log", "begins at", received.Log.First, null),
        new("Received log", "ends at", received.Log.End, null),
        new("Processing", "has committed up to", progress.Processed, received.Log.End),
        new("Event log", "begins at", decided.Log.First, null),
        new("Event log", "ends at", decided.Log.End, null),
        new("Lake", "has loaded up to", lake.Position, decided.Log.End),
        new("Slowest reader", "has read up to", readers.Slowest(decided.Log.End), decided.Log.End),
    ];

    /// <summary>How much each part of the data folder takes.</summary>
    public async Task<FolderSizes> SizesAsync(CancellationToken cancellationToken)
    {
        if (_sizes is { } known && clock.GetUtcNow() - known.At < Fresh) return known;
        await _measuring.WaitAsync(cancellationToken);
        try
        {
            if (_sizes is { } measured && clock.GetUtcNow() - measured.At < Fresh) return measured;
            return _sizes = await Task.Run(Measure, cancellationToken);
        }
        finally
        {
            _measuring.Release();
        }
    }

    /// <summary>Asks every check, as <c>/health/ready</c> does.</summary>
    public Task<HealthReport> CheckAsync(CancellationToken cancellationToken) => health.CheckHealthAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _measuring.Dispose();

    private FolderSizes Measure()
    {
        var parts = Parts.Select(part => new FolderPart(part.Name, part.What, part.IsNeeded, SizeOf(Path.Combine(Folder, part.Name)))).Where(part => part.Bytes is not null).ToList();
        return new FolderSizes(clock.GetUtcNow(), parts, FreeIn(Folder));
    }

    private static long? SizeOf(string path)
    {
        if (File.Exists(path)) return new FileInfo(path).Length;
        if (!Directory.Exists(path)) return null;
        long bytes = 0;
        // Files come and go while somebody counts.
        foreach (var file in new DirectoryInfo(path).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }))
        {
            try
            {
                bytes += file.Length;
            }
            catch (FileNotFoundException)
            {
                // It is gone, and takes nothing.
            }
        }

        return bytes;
    }

    private static long? FreeIn(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}

/// <summary>Where the data lies, as the server was started with.</summary>
/// <param name="Path">May be relative.</param>
internal sealed record ConsoleFolder(string Path);

/// <summary>The parts of the data folder.</summary>
/// <param name="At">When they were measured.</param>
/// <param name="Parts">Those that are there.</param>
/// <param name="FreeBytes">What is left on the disk; null when it does not say.</param>
internal sealed record FolderSizes(DateTimeOffset At, IReadOnlyList<FolderPart> Parts, long? FreeBytes)
{
    public long Bytes => Parts.Sum(part => part.Bytes ?? 0);
}

/// <summary>A part of the data folder.</summary>
/// <param name="Name">Of the file or folder.</param>
/// <param name="What">What is in it.</param>
/// <param name="IsNeeded">Whether a copy without it is no copy.</param>
/// <param name="Bytes">Its size; logs are reserved in whole segments.</param>
internal sealed record FolderPart(string Name, string What, bool IsNeeded, long? Bytes);

/// <summary>A position in a log.</summary>
/// <param name="Who">Whose it is.</param>
/// <param name="What">What it says.</param>
/// <param name="At">The position.</param>
/// <param name="End">What it runs after; null when it runs after nothing.</param>
internal sealed record LogPosition(string Who, string What, LogOffset At, LogOffset? End)
{
    /// <summary>How many bytes it is behind.</summary>
    public long Behind => End is { } end ? Math.Max(0, end.Value - At.Value) : 0;
}
