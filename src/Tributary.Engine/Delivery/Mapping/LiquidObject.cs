using System.Globalization;
using System.Text.Encodings.Web;
using Fluid;
using Fluid.Values;

namespace Tributary.Engine.Delivery.Mapping;

/// <summary>An object of an event within a template. Its text is JavaScript's.</summary>
internal sealed class LiquidObject(Dictionary<string, FluidValue> members) : FluidValue
{
    private const string Text = "[object Object]";

    public override FluidValues Type => FluidValues.Dictionary;

    public override bool Equals(FluidValue? other) => ReferenceEquals(this, other);

    public override bool ToBooleanValue() => true;

    public override decimal ToNumberValue() => 0;

    public override string ToStringValue() => Text;

    public override object ToObjectValue() => this;

    public override ValueTask<FluidValue> GetValueAsync(string name, TemplateContext context) => new(members.GetValueOrDefault(name, NilValue.Instance));

    public override ValueTask<FluidValue> GetIndexAsync(FluidValue index, TemplateContext context) => GetValueAsync(index.ToStringValue(), context);

    public override ValueTask WriteToAsync(TextWriter writer, TextEncoder encoder, CultureInfo cultureInfo)
    {
        writer.Write(Text);
        return default;
    }
}
