using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;
using Tributary.Console.Shared;
using Tributary.Engine.Lake;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Lake;

/// <summary>Asks the lake in SQL.</summary>
public sealed partial class LakePage
{
    // What a browser sends at once must stay below 32 KiB, and letters may take three bytes.
    private const int SqlShownMax = 9_000;
    private const int SqlInAddressMax = 1_500;
    private const int ColumnsShown = 60;
    private const int CellShownMax = 160;
    private const int TablesShown = 300;
    private const int ColumnsOfTree = 200;

    private static readonly int[] RowChoices = [100, 1_000, 10_000];
    private static readonly int[] SecondChoices = [10, 30, 120, 300];

    private IReadOnlyList<LakeTableShape>? _tables;
    private string _sql = "";
    private string? _name;
    private string? _filledBy;
    private int _rowsMax = 1_000;
    private int _seconds = 30;
    private CancellationTokenSource? _running;
    private LakeResult? _result;
    private List<NumberedRow> _rows = [];
    private LakeQueryError? _error;
    private WorkspaceRefusal? _refusal;
    private string _took = "";

    [Inject]
    internal LakeBoard Board { get; init; } = null!;

    [Inject]
    public required LakeQuery Lake { get; init; }

    [Inject]
    public required SavedQueryDesk Desk { get; init; }

    [Inject]
    public required NavigationManager Navigation { get; init; }

    [Inject]
    public required IDialogService Dialogs { get; init; }

    [Inject]
    public required IJSRuntime Browser { get; init; }

    [Inject]
    public required Toasts Toasts { get; init; }

    [Inject]
    public required TimeProvider Clock { get; init; }

    /// <summary>The id of a saved query.</summary>
    [SupplyParameterFromQuery(Name = "saved")]
    public string? Saved { get; set; }

    /// <summary>A query that stands in the editor; it is run by hand.</summary>
    [SupplyParameterFromQuery(Name = "sql")]
    public string? Sql { get; set; }

    /// <summary><c>chart</c>, or the table.</summary>
    [SupplyParameterFromQuery(Name = "view")]
    public string? View { get; set; }

    private bool IsOwnName => Saved is not null && Workspace.Current.FindSavedQuery(Saved)?.Name == _name?.Trim();

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        FollowWorkspace();
        if (Access.May(Permission.Pii)) await ReadTablesAsync();
    }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // An address fills the editor once; what is typed after that is not taken away.
        var filler = $"{Saved}\n{Sql}";
        if (filler == _filledBy) return;
        _filledBy = filler;
        if (Saved is not null && Workspace.Current.FindSavedQuery(Saved) is { } query) (_sql, _name) = (query.Sql, query.Name);
        else if (Sql is not null) _sql = Sql;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _running?.Cancel();
    }

    private static string TitleOf(LakeQueryError error) => error.Type switch
    {
        "read-only" => "The lake can only be read.",
        "timeout" => "It took too long.",
        "busy" => "The lake is busy.",
        "memory" => "It needs more memory than the lake may take.",
        _ => "This cannot be answered.",
    };

    private async Task ReadTablesAsync() => _tables = await Board.TablesAsync(CancellationToken.None);

    private void Ask(LakeTableShape table) => _sql = $"SELECT *\nFROM {Quoted(table.Schema)}.{Quoted(table.Name)}\nLIMIT 100";

    private static string Quoted(string name) => name.Length > 0 && name.All(letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_') && !char.IsAsciiDigit(name[0])
        ? name
        : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private async Task RunAsync()
    {
        // A hidden editor is not all that stands between a member and what identifies people.
        if (_running is not null || string.IsNullOrWhiteSpace(_sql) || !Access.May(Permission.Pii)) return;
        using var running = new CancellationTokenSource();
        (_running, _result, _rows, _error) = (running, null, [], null);
        var began = Clock.GetTimestamp();
        try
        {
            var answer = await Lake.RunAsync(_sql, _rowsMax, TimeSpan.FromSeconds(_seconds), running.Token);
            (_result, _error) = (answer.Result, answer.Error);
            _rows = _result is null ? [] : [.. _result.Rows.Select((row, index) => new NumberedRow(index + 1, row))];
        }
        catch (OperationCanceledException) when (running.IsCancellationRequested)
        {
            Toasts.Note("The query was stopped.");
        }
        finally
        {
            _running = null;
        }

        var took = Clock.GetElapsedTime(began);
        _took = took.TotalSeconds < 1 ? $"{took.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms" : $"{took.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s";
        if (Saved is null && _sql.Length <= SqlInAddressMax && _sql != Sql) Keep();
    }

    // The query becomes part of the address, so that it can be sent to somebody.
    private void Keep()
    {
        _filledBy = $"\n{_sql}";
        Turn("sql", _sql);
    }

    private void Stop() => _running?.Cancel();

    private async Task SaveAsync()
    {
        var (id, isOwn) = (Saved, IsOwnName);
        _refusal = await Access.ActAsync(Permission.Edit, async author =>
        {
            if (isOwn) return await Desk.UpdateAsync(author, id!, _name!, _sql, CancellationToken.None);
            (id, var changed) = await Desk.SaveAsync(author, _name!, _sql, CancellationToken.None);
            return changed;
        });
        if (_refusal is not null) return;
        Toasts.Done("The query is saved.");
        _filledBy = $"{id}\n";
        Navigation.NavigateTo($"/lake?saved={id}", replace: true);
    }

    private async Task DeleteAsync(SavedQuery query)
    {
        if (!await Confirm.AskAsync(Dialogs, "Delete the query?", $"“{query.Name}” is deleted for everybody.", "Delete")) return;
        _refusal = await Access.ActAsync(Permission.Edit, author => Desk.DeleteAsync(author, query.Id, CancellationToken.None));
        if (_refusal is null) Toasts.Done("The query is deleted.");
    }

    private Task DownloadAsync() => Browser.InvokeVoidAsync("tributary.download", "lake.csv", "text/csv;charset=utf-8", LakeText.Csv(_result!)).AsTask();

    private void Turn(string name, string? value) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter(name, value), replace: true);

    private sealed record NumberedRow(int Number, IReadOnlyList<object?> Values);
}
