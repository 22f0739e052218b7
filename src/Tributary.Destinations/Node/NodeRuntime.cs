using Microsoft.Extensions.Configuration;

namespace Tributary.Destinations.Node;

/// <summary>The Node.js of this machine, or a sentence that says why there is none. The server starts and everything native works without it.</summary>
public sealed record NodeRuntime
{
    /// <summary>Name of the setting (also an environment variable) with the path of the program; <c>off</c> stands for none.</summary>
    public const string PathKey = "TRIBUTARY_NODE";

    /// <summary>The oldest major version that workers run on; they need <c>AbortSignal.any</c>.</summary>
    public const int MajorMin = 20;

    private NodeRuntime(string? path, string? missing) => (Path, Missing) = (path, missing);

    /// <summary>The program; null when there is none.</summary>
    public string? Path { get; }

    /// <summary>What to do about it, in a sentence; null when there is one.</summary>
    public string? Missing { get; }

    /// <summary>Looks where the setting says, else along <c>PATH</c>. Runs nothing: the version is told by the first worker.</summary>
    public static NodeRuntime Find(IConfiguration configuration) => Find(configuration[PathKey], Environment.GetEnvironmentVariable("PATH"));

    /// <summary>Looks at <paramref name="setting"/>, else along <paramref name="searchPath"/>.</summary>
    public static NodeRuntime Find(string? setting, string? searchPath)
    {
        if (OperatingSystem.IsWindows()) return new(null, "Workers speak over Unix domain sockets, which Node.js does not offer on Windows. Run the server on Linux or macOS.");
        if (string.Equals(setting, "off", StringComparison.OrdinalIgnoreCase)) return new(null, $"Node.js is switched off with {PathKey}=off.");
        if (!string.IsNullOrWhiteSpace(setting))
            return File.Exists(setting) ? new(System.IO.Path.GetFullPath(setting), null) : new(null, $"{PathKey} names \"{setting}\", and there is no such file.");
        var found = (searchPath ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(folder => System.IO.Path.Combine(folder, "node")).FirstOrDefault(File.Exists);
        return found is null ? new(null, $"Node.js was not found. Install Node.js {MajorMin} or newer, or name the program with {PathKey}.") : new(found, null);
    }

    public override string ToString() => Path ?? Missing ?? "";
}
