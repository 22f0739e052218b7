using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Tributary.Engine.Log;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Processing;

/// <summary>Makes a revision the workspace in force from its offset on, and keeps the resources in the store.</summary>
internal sealed class RevisionStep(StepContext context, ComputationStep computing)
{
    /// <summary>Applies a revision that the received log holds.</summary>
    public void Apply(in ReceivedRecord record)
    {
        var revision = JsonSerializer.Deserialize<WorkspaceRevision>(record.Payload.Span, WorkspaceSnapshot.Json)
            ?? throw new JsonException("A revision is null.");
        var after = context.Workspace.With(revision);
        foreach (var change in revision.Changes)
        {
            var key = Encoding.UTF8.GetBytes($"{change.Kind}\0{change.Id}");
            if (change.Body is null) context.Draft.Delete(Table.Workspace, key);
            else context.Draft.Put(Table.Workspace, key, JsonSerializer.SerializeToUtf8Bytes(change.Body, WorkspaceSnapshot.Json));
            if (change is { Kind: "destination", Body: not null }) Begin(change.Body.Deserialize<Destination>(WorkspaceSnapshot.Json)!, after);
        }

        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, revision.Number);
        context.Draft.Put(Table.Meta, StateKeys.WorkspaceRevision, number);
        var before = context.Workspace;
        context.Use(after);
        computing.Revised(before, after);
    }

    /// <summary>The workspace as of the committed state.</summary>
    public static WorkspaceSnapshot Load(IStateStore store)
    {
        if (store.Get(Table.Meta, StateKeys.WorkspaceRevision) is not { } revision) return WorkspaceSnapshot.Empty;
        var resources = store.Scan(Table.Workspace, [], [0xFF]).Select(row =>
        {
            var key = Encoding.UTF8.GetString(row.Key);
            var nul = key.IndexOf('\0', StringComparison.Ordinal);
            return new ResourceChange(key[..nul], key[(nul + 1)..], JsonSerializer.Deserialize<System.Text.Json.Nodes.JsonObject>(row.Value, WorkspaceSnapshot.Json));
        });
        return WorkspaceSnapshot.Of(BinaryPrimitives.ReadInt64LittleEndian(revision), resources);
    }

    // A destination receives what is decided after its creation. How many events its source had before is what its own count begins at.
    // The source may be as new as the destination: both may come with one revision.
    private void Begin(Destination destination, WorkspaceSnapshot after)
    {
        if (context.Workspace.FindDestination(destination.Id) is not null || after.FindSource(destination.SourceId) is not { } source) return;
        Span<byte> beginning = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(beginning, context.DecidedNext);
        BinaryPrimitives.WriteInt64LittleEndian(beginning[8..], context.Counters[source.Number].Accepted);
        context.Draft.Put(Table.Meta, StateKeys.DestinationBeginning(destination.Number), beginning);
    }
}
