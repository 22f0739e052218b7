using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Settings;

/// <summary>Where the data lies, and how to keep it.</summary>
public sealed partial class BackupPage
{
    private FolderSizes? _sizes;
    private IReadOnlyList<LogPosition> _positions = [];
    private bool _hasWriteKeys;
    private IReadOnlyCollection<string>? _variables;

    [Inject]
    internal ServerBoard Board { get; init; } = null!;

    [Inject]
    public required WorkspaceFileDesk File { get; init; }

    [Inject]
    public required IJSRuntime Browser { get; init; }

    private string Copy => $"cp -a {Quoted(Board.Folder)} /backup/tributary";

    private static string Check => "tributary replay --verify --data /backup/tributary";

    /// <summary>Bytes as people read them.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1L << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB"),
        < 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB"),
        < 1L << 40 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.##} GiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1099511627776.0:0.##} TiB"),
    };

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        if (!MayChange) return;
        FollowPulse();
        Refresh();
        await MeasureAsync();
    }

    /// <inheritdoc/>
    protected override void Refresh() => _positions = Board.Positions;

    // As a shell reads it.
    private static string Quoted(string path) => path.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '-' or '_') ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private async Task MeasureAsync() => _sizes = await Board.SizesAsync(CancellationToken.None);

    private async Task DownloadAsync()
    {
        // A hidden page is not all that stands between a member and the write keys.
        if (!MayChange) return;
        var file = File.Write(_hasWriteKeys);
        _variables = file.Variables;
        await Browser.InvokeVoidAsync("tributary.download", "workspace.yaml", "application/yaml;charset=utf-8", file.Yaml);
        Toasts.Done("The workspace file is downloaded.");
    }
}
