using System.Text.Json.Nodes;
using Tributary.Engine.Workspace;

namespace Tributary.Console.Functions;

/// <summary>A setting of a function while somebody defines it.</summary>
internal sealed class SettingRow
{
    public string Name { get; set; } = "";

    public string Type { get; set; } = "STRING";

    public bool Required { get; set; }

    public bool Sensitive { get; set; }

    // What this page does not edit stays as it is.
    private string? Label { get; init; }

    private string? Description { get; init; }

    public static SettingRow Of(FunctionSetting setting) => new()
    {
        Name = setting.Name,
        Type = setting.Type,
        Required = setting.Required,
        Sensitive = setting.Sensitive,
        Label = setting.Label == setting.Name ? null : setting.Label,
        Description = setting.Description.Length == 0 ? null : setting.Description,
    };

    public JsonObject Value()
    {
        var value = new JsonObject { ["name"] = Name.Trim(), ["type"] = Type, ["required"] = Required, ["sensitive"] = Sensitive };
        if (Label is not null) value["label"] = Label;
        if (Description is not null) value["description"] = Description;
        return value;
    }
}
