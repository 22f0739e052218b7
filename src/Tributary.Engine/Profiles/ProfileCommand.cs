using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tributary.Model;

namespace Tributary.Engine.Profiles;

/// <summary>An order to change the graph by hand, as it stands in the received log.</summary>
internal sealed record ProfileCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    /// <summary>Names the command and its result; <c>cmd_…</c>.</summary>
    public required string Id { get; init; }

    public required ProfileCommandKind Kind { get; init; }

    /// <summary>The space's number.</summary>
    public required ushort Space { get; init; }

    public ProfileCollection Collection { get; init; }

    /// <summary>The profile: <c>type:value</c> or <c>use_…</c>.</summary>
    public required string Profile { get; init; }

    /// <summary>Of a merge: the other profile.</summary>
    public string? With { get; init; }

    /// <summary>Of a split: the identifiers to cut off, <c>type:value</c>.</summary>
    public ImmutableArray<string> Identifiers { get; init; } = [];

    /// <summary>Why, in a person's words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Who: the name of the token.</summary>
    public string Author { get; init; } = "";

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <exception cref="JsonException">The bytes are no command.</exception>
    public static ProfileCommand Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<ProfileCommand>(json, Json) ?? throw new JsonException("A command is null.");
}

internal enum ProfileCommandKind
{
    Merge,
    Split,
}

/// <summary>What became of a command; kept in the store under the command's id.</summary>
internal sealed record ProfileCommandResult
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>What stood in the way, or null when it was done.</summary>
    public string? Error { get; init; }

    /// <summary>The field of the order that the error is about.</summary>
    public string? Field { get; init; }

    /// <summary>The profiles there are now: the survivor of a merge, the parts of a split with the one that kept its id first.</summary>
    public ImmutableArray<string> Profiles { get; init; } = [];

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    public static ProfileCommandResult Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<ProfileCommandResult>(json, Json) ?? throw new JsonException("A command's result is null.");
}
