using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Destinations.Warehouse;

/// <summary>Reads settings field by field and gathers what is wrong with them.</summary>
internal sealed class SettingsReader(JsonObject settings)
{
    private readonly List<(string Field, string Message)> _faults = [];

    public bool IsFaulty => _faults.Count > 0;

    /// <summary>All faults as one text.</summary>
    public string Sentence => string.Join(" ", _faults.Select(fault => $"settings.{fault.Field} {fault.Message}"));

    public IEnumerable<WorkspaceFault> Faults => _faults.Select(fault => new WorkspaceFault($"settings.{fault.Field}", $"settings.{fault.Field} {fault.Message}"));

    public void Fault(string field, string message) => _faults.Add((field, message));

    /// <summary>A text without control characters; <paramref name="otherwise"/> when it is absent or empty, and a fault when that is null.</summary>
    /// <param name="field">Its name.</param>
    /// <param name="lengthMax">In characters.</param>
    /// <param name="otherwise">Taken when it is absent.</param>
    /// <returns>Never null; empty when there is a fault.</returns>
    public string Text(string field, int lengthMax, string? otherwise = null)
    {
        var node = settings[field];
        var text = node is null ? "" : node is JsonValue value && value.TryGetValue<string>(out var read) ? read : null;
        if (text is { Length: 0 } && otherwise is not null) return otherwise;
        if (text is { Length: > 0 } && text.Length <= lengthMax && !text.Any(char.IsControl)) return text;
        Fault(field, $"must be a text of at most {lengthMax} characters without line breaks{(otherwise is null ? "; it is required" : "")}.");
        return otherwise ?? "";
    }

    public int Number(string field, int min, int max, int otherwise)
    {
        if (settings[field] is not { } node) return otherwise;
        // Through its text: a number that code has put there is of one type only, one that was parsed is of any.
        if (node.GetValueKind() == JsonValueKind.Number && int.TryParse(node.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max)
        {
            return number;
        }

        Fault(field, $"must be a whole number from {min} to {max}.");
        return otherwise;
    }

    /// <summary>One of the values; the first when it is absent.</summary>
    public string Choice(string field, params ReadOnlySpan<string> values)
    {
        if (settings[field] is not { } node) return values[0];
        if (node is JsonValue value && value.TryGetValue<string>(out var text) && values.Contains(text)) return text;
        Fault(field, $"must be one of {string.Join(", ", values.ToArray())}.");
        return values[0];
    }
}
