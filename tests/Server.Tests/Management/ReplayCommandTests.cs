using Tributary.Engine.Storage;
using Xunit;

namespace Tributary.Server.Tests.Management;

public sealed class ReplayCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tributary-replay-").FullName;

    [Fact]
    public async Task A_history_with_merges_discards_and_repeats_replays_to_the_same_bytes()
    {
        await FillAsync();

        var (code, output, error) = await VerifyAsync();

        Assert.True(code == 0, error);
        Assert.Contains("byte for byte", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_that_somebody_changed_is_found_and_named()
    {
        await FillAsync();
        using (var store = RocksStateStore.Open(Path.Combine(_folder, "state")))
        using (var draft = store.Begin())
        {
            draft.Put(Table.Counters, StateKeys.Counter(1), [1, 2, 3]);
            draft.Commit();
        }

        var (code, _, error) = await VerifyAsync();

        Assert.Equal(1, code);
        Assert.Contains("Counters", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_a_server_has_open_is_refused()
    {
        await using var server = await TributaryHost.StartAsync(new ServeOptions { Urls = "http://127.0.0.1:0", DataFolder = _folder }, CancellationToken.None);

        var (code, _, error) = await VerifyAsync();

        Assert.Equal(1, code);
        Assert.Contains("Check that no server uses the folder", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_data_and_a_replay_without_purpose_are_refused()
    {
        var empty = await VerifyAsync();
        var aimless = await CommandLine.RunAsync("replay", "--data", _folder);

        Assert.Equal((1, 1), (empty.Code, aimless.Code));
        Assert.Contains("holds no data", empty.Error, StringComparison.Ordinal);
        Assert.Contains("--verify", aimless.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<(int Code, string Output, string Error)> VerifyAsync() => CommandLine.RunAsync("replay", "--verify", "--data", _folder);

    private async Task FillAsync()
    {
        var (code, _, error) = await CommandLine.RunAsync("demo", "--exit", "--urls", "http://127.0.0.1:0", "--data", _folder, "--people", "30");
        Assert.True(code == 0, error);
    }
}
