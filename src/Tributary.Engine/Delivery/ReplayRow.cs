using System.Text.Json;
using Tributary.Engine.Storage;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Delivery;

/// <summary>
/// Events that are sent once more to one destination, because somebody asked for it. One at a time; the row of the last one stays for whoever asks how it
/// went. As JSON in <see cref="Table.Deliveries"/>, see <see cref="DeliveryRows"/>.
/// </summary>
/// <param name="Id">Names this replay.</param>
/// <param name="From">Events received from here on; milliseconds since 1970.</param>
/// <param name="To">Events received before; milliseconds since 1970.</param>
/// <param name="Reason">Only events with this recorded reason; null: whatever became of them.</param>
/// <param name="Filter">Only events that this filter expression is true of; null: all.</param>
/// <param name="StartedAt">Milliseconds since 1970.</param>
/// <param name="At">Everything before was looked at.</param>
/// <param name="End">Nothing from here on is looked at.</param>
/// <param name="Taken">Events that were sent on their way again.</param>
/// <param name="IsOver">It is finished, or was given up.</param>
internal sealed record ReplayRow(
    string Id, long From, long To, string? Reason, string? Filter, long StartedAt, LogOffset At, LogOffset End, long Taken = 0, bool IsOver = false)
{
    public static byte[] KeyOf(uint destination) => DeliveryRows.Prefix(DeliveryRows.ReplayKind, destination);

    /// <summary>The last replay of a destination; null when there was none.</summary>
    public static ReplayRow? Read(IStateStore store, uint destination) =>
        store.Get(Table.Deliveries, KeyOf(destination)) is { } value ? JsonSerializer.Deserialize<ReplayRow>(value, WorkspaceSnapshot.Json) : null;

    public void Put(IStateDraft draft, uint destination) =>
        draft.Put(Table.Deliveries, KeyOf(destination), JsonSerializer.SerializeToUtf8Bytes(this, WorkspaceSnapshot.Json));
}
