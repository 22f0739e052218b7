using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Tests.Workspace;

/// <summary>A workspace over a log and a store that survive a crash.</summary>
internal sealed class WorkspaceFixture
{
    private LogOffset _committed;

    public WorkspaceFixture() => Live = Open();

    public MemoryLog Log { get; } = new();

    public MemoryStore Store { get; private set; } = new();

    public LiveWorkspace Live { get; private set; }

    public static async Task<WorkspaceFixture> StartedAsync()
    {
        var fixture = new WorkspaceFixture();
        await WorkspaceSetup.PrepareAsync(fixture.Live, null, CancellationToken.None);
        return fixture;
    }

    /// <summary>All that is in memory is lost; the log and the store are opened again.</summary>
    public void Crash() => Live = Open();

    /// <summary>Does to the store what Processing does: applies every revision of the log so far, and remembers how far it came.</summary>
    public void Commit(bool flush = false)
    {
        var snapshot = Live.Current;
        Store = new MemoryStore();
        foreach (var resource in snapshot.Resources)
            Store.Put(Table.Workspace, WorkspaceRevisionJson.Key(resource.Kind, resource.Id), WorkspaceRevisionJson.WriteBody(resource.Body!));
        Store.Put(Table.Meta, LiveWorkspace.RevisionKey, BitConverter.GetBytes(snapshot.Revision));
        _committed = Log.End;
    }

    public async Task<WorkspaceChanged> CreateSourceAsync(string slug, string metadataId = "http-api", params string[] writeKeys)
    {
        var body = new JsonObject
        {
            ["slug"] = slug,
            ["metadataId"] = metadataId,
            ["writeKeys"] = new JsonArray([.. writeKeys.Select(key => JsonValue.Create(key))]),
        };
        using var secrets = SecretBox.Open(Convert.ToBase64String(new byte[32]), "");
        return await Live.ChangeAsync("test", now => SourceForm.Create(JsonInput.Of(body), now, secrets, WorkspaceSecrets.NewId()), CancellationToken.None);
    }

    public async Task<WorkspaceChanged> DeleteSourceAsync(string slug) => await Live.ChangeAsync(
        "test", now => ResourceKind.Delete(ResourceKind.Source, now.Sources.Single(source => source.Slug == slug).Id), CancellationToken.None);

    /// <summary>Every resource as the store would hold it, in order: equal texts mean equal workspaces.</summary>
    public static string Bytes(WorkspaceSnapshot snapshot) => string.Join('\n', snapshot.Resources
        .Select(resource => $"{resource.Kind}/{resource.Id} {Encoding.UTF8.GetString(WorkspaceRevisionJson.WriteBody(resource.Body!))}")
        .Order(StringComparer.Ordinal));

    private LiveWorkspace Open() => LiveWorkspace.Open(Store, Log, _committed, new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000)));
}
