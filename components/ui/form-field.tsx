'use client'
import { Controller, type FieldPathByValue, type FieldValues, type UseControllerProps } from 'react-hook-form'
import { TextField, type TextFieldProps } from './text-field'

type Look = Pick<TextFieldProps, 'label' | 'type' | 'hint' | 'placeholder' | 'autoComplete' | 'autoFocus'>

interface FormFieldProps<T extends FieldValues, Name extends FieldPathByValue<T, string>>
  extends Pick<UseControllerProps<T, Name>, 'control' | 'name' | 'rules'>,
    Look {}

/** A text field of a form of react-hook-form: holds the value of its name and shows what is wrong with it. */
export function FormField<T extends FieldValues, Name extends FieldPathByValue<T, string>>({
  control,
  name,
  rules,
  ...look
}: FormFieldProps<T, Name>) {
  return (
    <Controller
      control={control}
      name={name}
      rules={rules}
      render={({ field, fieldState }) => <TextField {...look} {...field} error={fieldState.error?.message} />}
    />
  )
}
