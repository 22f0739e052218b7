using System.Globalization;
using System.Text.RegularExpressions;
using Tributary.Engine.Workspace;

namespace Tributary.Engine.Lake.SqlTraits;

/// <summary>Reads what somebody sent to create or change a SQL trait. Pure.</summary>
internal static partial class SqlTraitForm
{
    /// <summary>Most SQL traits of a space.</summary>
    public const int CountMax = 200;

    private const int NameLengthMax = 200;
    private const int DescriptionLengthMax = 2_000;

    /// <summary>What somebody wants to create, by itself: no id, no space. What is wrong with it is among the body's faults.</summary>
    public static SqlTrait Read(JsonInput body) => new()
    {
        Id = "",
        Number = 0,
        Version = 0,
        SpaceId = "",
        Name = body.Text("name", NameLengthMax, required: true) ?? "",
        Description = body.Text("description", DescriptionLengthMax, mayHaveLines: true),
        Enabled = body.Flag("enabled") ?? true,
        Query = body.Text("query", LakeQuery.SqlLengthMax, required: true, mayHaveLines: true) ?? "",
        Interval = Interval(body) ?? SqlTrait.IntervalPreset,
    };

    /// <summary>Creates one, and with the first of a space the source that speaks for it.</summary>
    public static WorkspaceEdit Create(JsonInput body, WorkspaceSnapshot now, Space space, string id, string author, long at)
    {
        var trait = Read(body) with
        {
            Id = id,
            Number = WorkspaceNumbers.Next(now, ResourceKind.SqlTrait),
            Version = checked((uint)now.Revision + 1),
            SpaceId = space.Id,
            CreatedAt = at,
            CreatedBy = author,
            UpdatedAt = at,
            UpdatedBy = author,
        };
        if (body.Faults.Count > 0) return WorkspaceRefusal.Invalid(body.Faults);
        if (now.SqlTraits.Count(other => other.SpaceId == space.Id) >= CountMax) return WorkspaceRefusal.Conflict(null, $"A space has at most {CountMax} SQL traits.");
        return WorkspaceEdit.Of([.. EngageSource.MadeFor(now, space), ResourceKind.Put(trait)]);
    }

    /// <summary>Changes the fields that are sent.</summary>
    public static WorkspaceEdit Update(JsonInput body, WorkspaceSnapshot now, Space space, SqlTrait trait, string author, long at)
    {
        var changed = trait with
        {
            Name = body.Text("name", NameLengthMax) ?? trait.Name,
            Description = body.Has("description") ? body.Text("description", DescriptionLengthMax, mayHaveLines: true) : trait.Description,
            Enabled = body.Flag("enabled") ?? trait.Enabled,
            Query = body.Text("query", LakeQuery.SqlLengthMax, mayHaveLines: true) ?? trait.Query,
            Interval = Interval(body) ?? trait.Interval,
        };
        if (body.Faults.Count > 0) return WorkspaceRefusal.Invalid(body.Faults);
        if (changed.Query != trait.Query) changed = changed with { Version = checked((uint)now.Revision + 1) };
        // The source may have been deleted since.
        var source = EngageSource.MadeFor(now, space);
        return changed == trait ? WorkspaceEdit.Of(source) : WorkspaceEdit.Of([.. source, ResourceKind.Put(changed with { UpdatedAt = at, UpdatedBy = author })]);
    }

    /// <summary>An interval as it is written: whole hours, or else minutes.</summary>
    public static string Write(TimeSpan interval) => interval.Minutes == 0
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)interval.TotalHours}h")
        : string.Create(CultureInfo.InvariantCulture, $"{(long)interval.TotalMinutes}m");

    // As the schedules of the Public API: {"scheduleStrategy": "PERIODIC", "scheduleConfig": {"interval": "12h"}}.
    private static TimeSpan? Interval(JsonInput body)
    {
        if (body.Text("scheduleStrategy", 20) is { } strategy && strategy != "PERIODIC") body.Fault("scheduleStrategy", "scheduleStrategy must be PERIODIC.");
        if (body.Nested("scheduleConfig") is not { } config || config.Text("interval", 10, required: true) is not { } text) return null;
        var parts = IntervalText().Match(text);
        var number = parts.Success ? int.Parse(parts.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;
        var interval = parts.Groups[2].Value switch { "m" => TimeSpan.FromMinutes(number), "h" => TimeSpan.FromHours(number), _ => TimeSpan.FromDays(number) };
        if (interval >= SqlTraitSchedule.IntervalMin && interval <= SqlTraitSchedule.IntervalMax) return interval;
        config.Fault("interval", "interval must be a text from 1h to 30d: a whole number with m, h or d behind it.");
        return null;
    }

    [GeneratedRegex("^([0-9]{1,6})([mhd])$")]
    private static partial Regex IntervalText();
}
